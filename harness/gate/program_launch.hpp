// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "harness/platform/child_process.hpp"

namespace regatta {

/// A foreign program that is run to its end, with nothing on stdin.
struct program_launch {
  std::string program;  ///< a path
  std::vector<std::string> arguments;
  std::vector<std::pair<int, int>> descriptors = {};  ///< as of spawn_request; stdout is dropped
                                                      ///< unless 1 is among them
  std::vector<std::string> environment = {};          ///< "NAME=value"
  bool forked = false;                                ///< as of spawn_request
  std::chrono::milliseconds limit{60'000};
};

struct launch_result {
  exit_status status;
  bool timed_out = false;
  double wall = 0;            ///< seconds, from before it was started
  double cpu = 0;             ///< seconds, user and system, with the children it waited for
  std::uint64_t max_rss = 0;  ///< bytes, the largest of its processes; at least inherited_rss()
  std::string last_words;     ///< of stderr: the last line with anything on it

  /// "exited with code 1: cannot open x", "gave no answer within 60 s"; nullopt: it ended well.
  std::optional<std::string> failure() const;
};

/// Runs it in a process group of its own and kills what is left of that when the program ends, the
/// time is up or `stop` says so (asked every 100 ms; then interrupted_run is thrown). Throws
/// std::system_error when it cannot be started.
launch_result run_to_end(const program_launch& what, const std::function<bool()>& stop);

/// An environment variable of random length. It moves the stack and what lies on it, so that a
/// layout is a sample and not a property of a side (Mytkowicz et al., ASPLOS 2009).
std::string layout_padding(std::mt19937_64& random);

/// What ru_maxrss of a forked program begins with: between fork and exec it is a copy of us, and
/// the kernel does not forget that. In bytes.
std::uint64_t inherited_rss();

/// All that was written to a file such as memory_file() makes.
std::string text_in(int file);

}  // namespace regatta
