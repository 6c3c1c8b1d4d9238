// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace regatta {

/// A line of source. `file` is empty and `line` 0 where there is no debug information.
struct source_place {
  std::string file;
  unsigned line = 0;

  bool known() const { return !file.empty(); }
  bool operator==(const source_place&) const = default;
};

/// "file:line", or "unknown".
std::string to_string(const source_place& place);

/// One function of a call stack. Several have the same address where functions were inlined.
struct source_frame {
  std::uintptr_t address = 0;
  std::string function;  ///< demangled, with its parameters; "0x…" if even the symbol is unknown
  source_place place;
  bool inlined = false;

  bool operator==(const source_frame&) const = default;
};

}  // namespace regatta
