// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "harness/diagnostics/loop_monitor/stack_copy.hpp"
#include "harness/diagnostics/loop_monitor/stack_unwinder.hpp"
#include "harness/diagnostics/source_frame.hpp"

namespace regatta::internal {

/// From a copied stack to names.
class stack_reader {
 public:
  struct named_stack {
    std::vector<source_frame> frames;  ///< innermost first
    source_frame blocker;              ///< the innermost that is the program's own; may be empty
  };
  named_stack read(const stack_copy& copy);
  /// Does the slow part of the first read(), once: files are opened and indexed.
  void warm_up();

 private:
  std::optional<stack_unwinder> unwinder_;
};

}  // namespace regatta::internal
