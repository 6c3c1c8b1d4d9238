// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace regatta {

enum class finding_kind {
  blocked_loop  ///< handlers that kept their event loop from everything else
};

/// finding::cause of a loop that ran the program's own code; others are the loop monitor's words.
constexpr std::string_view cause_computing = "computing";

/// Something a diagnostic noticed in a cell, over its measured epochs: a sentence with numbers and,
/// where that is known, a place. Times are in seconds.
struct finding {
  finding_kind kind = finding_kind::blocked_loop;
  std::string sentence;
  double threshold = 0;         ///< what kept its loop for longer is a blocked stretch
  std::uint64_t stretches = 0;  ///< of all the cell's loops together
  double blocked = 0;           ///< their sum
  double longest = 0;
  std::uint64_t items = 0;      ///< answered in these epochs
  std::uint64_t looked_at = 0;  ///< of the stretches: the monitor takes few stacks a second
  // What most of those looked at had in common. Empty: not known.
  std::string cause;     ///< "computing", "sleeping", "mutex" …
  std::string function;  ///< the innermost one that is no library's
  std::string place;     ///< "file:line"; release builds have none

  bool operator==(const finding&) const = default;
};

}  // namespace regatta
