// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace regatta::profiling {

/// One function of a foreign process's call stack. Several have the same address where functions
/// were inlined. What is unknown is empty or 0.
struct profile_frame {
  std::string function;  ///< demangled; "0x…" if even the symbol is unknown
  std::string file;
  unsigned line = 0;
  std::string module;  ///< the file that is mapped there
  std::uint64_t address = 0;
  bool inlined = false;

  friend bool operator==(const profile_frame&, const profile_frame&) = default;
};

}  // namespace regatta::profiling
