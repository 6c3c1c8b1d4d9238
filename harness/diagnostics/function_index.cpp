// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/function_index.hpp"

#include <dwarf.h>

#include <algorithm>

namespace regatta::internal {
namespace {

// The inlined functions inside of `parent` that have the address, outermost first.
void add_inlined(Dwarf_Die* parent, Dwarf_Addr address, function_chain& chain) {
  Dwarf_Die child;
  if (dwarf_child(parent, &child) != 0) return;
  do {
    const int tag = dwarf_tag(&child);
    const bool is_scope = tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block;
    // A block without addresses of its own may still hold something that has some.
    const int has_address = is_scope ? dwarf_haspc(&child, address) : 0;
    if (has_address == 1 && tag == DW_TAG_inlined_subroutine) chain.push_back(child);
    if (has_address == 1 || (has_address < 0 && tag == DW_TAG_lexical_block)) {
      add_inlined(&child, address, chain);
      if (has_address == 1) return;
    }
  } while (dwarf_siblingof(&child, &child) == 0);
}

}  // namespace

bool is_function(Dwarf_Die& die) {
  const int tag = dwarf_tag(&die);
  return tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine;
}

function_index::function_index(Dwarf_Die* unit) {
  add_functions_in(unit);
  std::sort(parts_.begin(), parts_.end(),
            [](const part& a, const part& b) { return a.begin < b.begin; });
}

// A lambda's operator() may be inside of its class, and that inside of a function, whatever code
// the function has.
void function_index::add_functions_in(Dwarf_Die* parent) {
  Dwarf_Die child;
  if (dwarf_child(parent, &child) != 0) return;
  do {
    const int tag = dwarf_tag(&child);
    if (tag == DW_TAG_subprogram) {
      Dwarf_Addr base = 0, begin = 0, end = 0;
      for (ptrdiff_t next = 0; (next = dwarf_ranges(&child, next, &base, &begin, &end)) > 0;) {
        parts_.push_back({begin, end, child});
      }
    }
    const bool may_hold_functions = tag == DW_TAG_namespace || tag == DW_TAG_class_type ||
                                    tag == DW_TAG_structure_type || tag == DW_TAG_lexical_block ||
                                    tag == DW_TAG_subprogram;
    if (may_hold_functions) add_functions_in(&child);
  } while (dwarf_siblingof(&child, &child) == 0);
}

function_chain function_index::at(Dwarf_Addr address) const {
  function_chain chain;
  auto after =
      std::upper_bound(parts_.begin(), parts_.end(), address,
                       [](Dwarf_Addr wanted, const part& each) { return wanted < each.begin; });
  if (after == parts_.begin() || std::prev(after)->end <= address) return chain;
  Dwarf_Die function = std::prev(after)->function;
  chain.push_back(function);
  add_inlined(&function, address, chain);
  std::reverse(chain.begin(), chain.end());
  return chain;
}

}  // namespace regatta::internal
