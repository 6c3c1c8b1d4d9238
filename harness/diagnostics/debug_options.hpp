// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace regatta {

/// The most return addresses that are kept of a creation stack.
inline constexpr unsigned deepest_origin = 16;

/// What the environment variable REGATTA_DEBUG asks of a debug build: "1", "0", or a list such as
/// "slow=50ms,origin=16,fatal". See docs/task-tracker.md.
struct debug_options {
  bool on = true;                                  ///< "0": nothing is tracked or reported
  std::optional<std::chrono::nanoseconds> slow{};  ///< for the loop monitor: report from here on
  unsigned origin = 8;     ///< frames of a creation stack, 0 to deepest_origin; 0 is the cheapest
  bool fatal = false;      ///< a finding aborts, for a debugger or a core file
  bool json = false;       ///< reports are JSON lines
  bool abandoned = false;  ///< also report what the end of an execution context abandons
  int signal = 0;          ///< prints the tasks; 0: none

  bool operator==(const debug_options&) const = default;
};

/// Throws std::invalid_argument with a sentence that names the part and what it may be.
debug_options parse_debug_options(std::string_view text);

/// REGATTA_DEBUG, read once. What cannot be parsed is said on stderr, once, and changes nothing.
const debug_options& debug_options_from_environment();

}  // namespace regatta
