// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <elfutils/libdw.h>

#include <vector>

namespace regatta::internal {

/// Functions, inlined or not, whose code has an address: innermost first, the physical one last.
using function_chain = std::vector<Dwarf_Die>;

bool is_function(Dwarf_Die& die);

/// The functions of one compilation unit by their addresses. elfutils reads a unit from its
/// beginning for every question; with Asio in it that takes 10 ms, and a stack has many questions.
/// Thread safety: none, as its Dwarf_Die.
class function_index {
 public:
  explicit function_index(Dwarf_Die* unit);

  /// Empty if no function of the unit is there.
  function_chain at(Dwarf_Addr address) const;

 private:
  struct part {
    Dwarf_Addr begin, end;
    Dwarf_Die function;
  };
  void add_functions_in(Dwarf_Die* parent);

  std::vector<part> parts_;  // by address
};

}  // namespace regatta::internal
