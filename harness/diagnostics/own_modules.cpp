// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/own_modules.hpp"

#include <elfutils/libdwfl.h>
#include <fmt/format.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <system_error>

namespace regatta::internal {
namespace {

// As elfutils' dwfl_linux_proc_find_elf() knows them.
std::string module_name(const dl_phdr_info& object) {
  const std::string_view name = object.dlpi_name;
  if (name.empty()) {
    std::error_code error;
    return std::filesystem::read_symlink("/proc/self/exe", error).string();
  }
  if (name.find('/') == name.npos) return fmt::format("[vdso: {}]", ::getpid());
  return std::string(name);
}

int report_module(dl_phdr_info* object, std::size_t, void* session) {
  ElfW(Addr) begin = std::numeric_limits<ElfW(Addr)>::max();
  ElfW(Addr) end = 0;
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& part = object->dlpi_phdr[i];
    if (part.p_type != PT_LOAD) continue;
    begin = std::min(begin, part.p_vaddr);
    end = std::max(end, part.p_vaddr + part.p_memsz);
  }
  const auto page = static_cast<ElfW(Addr)>(::getpagesize());
  if (begin < end) {
    dwfl_report_module(static_cast<Dwfl*>(session), module_name(*object).c_str(),
                       object->dlpi_addr + begin / page * page,
                       object->dlpi_addr + (end + page - 1) / page * page);
  }
  return 0;
}

}  // namespace

void report_own_modules(Dwfl* session) { ::dl_iterate_phdr(report_module, session); }

}  // namespace regatta::internal
