// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/dwfl_session.hpp"

#include <elfutils/libdwfl.h>

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
  Dwfl_Module* const module = module_at(session, address);
  Dwarf_Addr bias = 0;
  Dwarf_CFI* const table = module != nullptr ? dwfl_module_eh_cfi(module, &bias) : nullptr;
  Dwarf_Frame* frame = nullptr;
  if (table == nullptr || dwarf_cfi_addrframe(table, address - bias, &frame) != 0) return false;
  std::free(frame);
  return true;
}

}  // namespace regatta::internal
