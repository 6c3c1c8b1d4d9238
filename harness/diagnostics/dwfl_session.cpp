// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/dwfl_session.hpp"

#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>

#include <array>
#include <cstddef>
#include <cstdlib>

namespace regatta::internal {
namespace {

char* debuginfo_path = nullptr;  // null: what elfutils looks through by default
constexpr Dwfl_Callbacks callbacks{
    .find_elf = dwfl_linux_proc_find_elf,
    .find_debuginfo = dwfl_build_id_find_debuginfo,  // the standard one may ask a server
    .section_address = dwfl_offline_section_address,
    .debuginfo_path = &debuginfo_path,
};

using frame_rules_owner = std::unique_ptr<Dwarf_Frame, decltype(&std::free)>;

// From the tables for exceptions; null if they do not know the address.
frame_rules_owner frame_rules(Dwfl* session, std::uintptr_t address) {
  Dwfl_Module* const module = module_at(session, address);
  Dwarf_Addr bias = 0;
  Dwarf_CFI* const table = module != nullptr ? dwfl_module_eh_cfi(module, &bias) : nullptr;
  Dwarf_Frame* rules = nullptr;
  if (table == nullptr || dwarf_cfi_addrframe(table, address - bias, &rules) != 0) rules = nullptr;
  return {rules, &std::free};
}

}  // namespace

void dwfl_closer::operator()(Dwfl* session) const { dwfl_end(session); }

dwfl_session open_session() { return dwfl_session(dwfl_begin(&callbacks)); }

Dwfl_Module* module_at(Dwfl* session, std::uintptr_t address) {
  Dwfl_Module* const module = dwfl_addrmodule(session, address);
  Dwarf_Addr begin = 0, end = 0;
  if (module == nullptr) return nullptr;
  dwfl_module_info(module, nullptr, &begin, &end, nullptr, nullptr, nullptr, nullptr);
  return begin <= address && address < end ? module : nullptr;
}

bool is_in_function(Dwfl* session, std::uintptr_t address) {
  return frame_rules(session, address) != nullptr;
}

bool is_outermost(Dwfl* session, std::uintptr_t address) {
  const frame_rules_owner rules = frame_rules(session, address);
  if (!rules) return false;
  const int return_address = dwarf_frame_info(rules.get(), nullptr, nullptr, nullptr);
  std::array<Dwarf_Op, 3> space{};
  Dwarf_Op* operations = nullptr;
  std::size_t count = 0;
  return dwarf_frame_register(rules.get(), return_address, space.data(), &operations, &count) ==
             0 &&
         count == 0 && operations == space.data();  // libdw's way to say "undefined"
}

}  // namespace regatta::internal
