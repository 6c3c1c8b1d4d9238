// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/address_names.hpp"

#include <cxxabi.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>

#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

#include "harness/diagnostics/symbols.hpp"

namespace regatta::internal {
namespace {

const char* linkage_name(Dwarf_Die* die) {
  Dwarf_Attribute attribute;
  for (const unsigned kind : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name}) {
    if (dwarf_attr_integrate(die, kind, &attribute) == nullptr) continue;
    if (const char* const name = dwarf_formstring(&attribute)) return name;
  }
  return nullptr;
}

// Empty if the debug information has no name either.
std::string function_name(Dwarf_Die* die) {
  if (const char* const name = linkage_name(die)) return demangled(name);
  const char* const name = dwarf_diename(die);
  return name != nullptr ? name : "";
}

// Where the function that `inlined` stands for is called from.
source_place call_place(Dwarf_Die* inlined, Dwarf_Files* files) {
  Dwarf_Attribute attribute;
  Dwarf_Word file = 0;
  Dwarf_Word line = 0;
  if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &file) != 0) return {};
  if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &line) != 0) return {};
  const char* const name = dwarf_filesrc(files, file, nullptr, nullptr);
  return {name != nullptr ? name : "", static_cast<unsigned>(line)};
}

// The compilation unit with that code. g++ writes an index of them, clang does not.
Dwarf_Die* unit_at(Dwfl_Module* module, Dwarf_Addr address, Dwarf_Addr& bias) {
  if (Dwarf_Die* const indexed = dwfl_module_addrdie(module, address, &bias)) {
    // The index rounds up: the code behind a unit is somebody else's.
    return dwarf_haspc(indexed, address - bias) != 0 ? indexed : nullptr;
  }
  Dwarf_Die* unit = nullptr;
  while ((unit = dwfl_module_nextcu(module, unit, &bias)) != nullptr) {
    if (dwarf_haspc(unit, address - bias) == 1) return unit;
  }
  return nullptr;
}

source_place line_of(Dwarf_Die* unit, Dwarf_Addr address) {
  Dwarf_Line* const found = dwarf_getsrc_die(unit, address);
  const char* const file = found != nullptr ? dwarf_linesrc(found, nullptr, nullptr) : nullptr;
  int line = 0;
  if (file == nullptr || dwarf_lineno(found, &line) != 0) return {};
  return {file, static_cast<unsigned>(line)};
}

}  // namespace

std::string demangled(const char* name) {
  if (!std::string_view(name).starts_with("_Z")) return name;  // "f" is not the mangled "float"
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(name, nullptr, nullptr, &status), &std::free);
  std::string result = text ? text.get() : name;
  // A coroutine's body is a clone of it: "f() [clone .actor]" (g++), "f() [clone .resume]" (clang).
  if (const auto clone = result.find(" [clone "); clone != std::string::npos) result.resize(clone);
  return result;
}

std::vector<source_frame> address_names::from_debug_information(Dwfl_Module* module,
                                                                std::uintptr_t address) {
  std::vector<source_frame> frames;
  Dwarf_Addr bias = 0;
  Dwarf_Die* const unit = unit_at(module, address, bias);
  if (unit == nullptr) return frames;
  const auto functions = units_.try_emplace(unit->addr, unit).first;
  source_place place = line_of(unit, address - bias);
  Dwarf_Files* files = nullptr;
  if (dwarf_getsrcfiles(unit, &files, nullptr) != 0) files = nullptr;
  for (Dwarf_Die& function : functions->second.at(address - bias)) {
    const bool inlined = dwarf_tag(&function) == DW_TAG_inlined_subroutine;
    frames.push_back({address, function_name(&function), place, inlined});
    if (inlined) place = files != nullptr ? call_place(&function, files) : source_place{};
  }
  // A line table may know more than the tree of scopes.
  if (frames.empty()) frames.push_back({address, "", place, false});
  return frames;
}

std::vector<source_frame> address_names::at(Dwfl_Module* module, std::uintptr_t address) {
  std::vector<source_frame> frames;
  if (module != nullptr) frames = from_debug_information(module, address);
  if (frames.empty()) frames.push_back({address, "", {}, false});
  const char* const symbol = module != nullptr ? dwfl_module_addrname(module, address) : nullptr;
  if (symbol != nullptr) {
    // Debug information leaves the namespace out where it has no linkage name.
    std::string full = demangled(symbol);
    std::string& name = frames.back().function;
    if (name.empty() || short_function_name(full).ends_with("::" + name)) name = std::move(full);
  }
  return frames;
}

}  // namespace regatta::internal
