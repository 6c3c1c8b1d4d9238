// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "harness/runner/runner.hpp"
#include "reports/terminal_style.hpp"

namespace regatta {

enum class color_mode { automatic, always, never };

/// Width and colour for `stdout`: NO_COLOR and a dumb or absent terminal mean none.
terminal_style style_for_stdout(color_mode mode);

/// What a run is doing, on stderr: one line that is rewritten on a terminal, a line per change
/// otherwise. Thread safety: one thread.
class progress_display {
 public:
  explicit progress_display(bool quiet);
  ~progress_display();
  void show(const run_progress& progress);
  /// Takes the live line away, so that something else can be printed.
  void clear();

 private:
  const bool quiet_;
  const bool live_;
  std::string last_;
};

/// SIGINT and SIGTERM once: interrupted() turns true. Twice: the program ends at once.
void catch_interrupts();
bool interrupted();

}  // namespace regatta
