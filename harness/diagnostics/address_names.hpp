// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/diagnostics/function_index.hpp"
#include "harness/diagnostics/source_frame.hpp"

struct Dwfl_Module;

namespace regatta::internal {

/// "f(int)" of "_Z1fi"; a name that is not mangled as it is.
std::string demangled(const char* name);

/// Names for code addresses, by the symbols and the debug information of their modules.
/// Thread safety: none, as its modules.
class address_names {
 public:
  /// Innermost first; the last one is the function that exists in the binary. Never empty; what
  /// nobody knows has an empty name. `module` may be null.
  std::vector<source_frame> at(Dwfl_Module* module, std::uintptr_t address);
  /// To be called when modules that were asked about are closed.
  void forget() { units_.clear(); }

 private:
  std::vector<source_frame> from_debug_information(Dwfl_Module* module, std::uintptr_t address);

  std::map<const void*, function_index> units_;  // by where their debug information is
};

}  // namespace regatta::internal
