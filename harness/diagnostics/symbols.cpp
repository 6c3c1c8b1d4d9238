// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/symbols.hpp"

#include <cxxabi.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <mutex>

#include "harness/diagnostics/function_index.hpp"
#include "harness/diagnostics/own_modules.hpp"

namespace regatta {
namespace {

struct dwfl_closer {
  void operator()(Dwfl* session) const { dwfl_end(session); }
};

char* debuginfo_path = nullptr;  // null: what elfutils looks through by default
constexpr Dwfl_Callbacks callbacks{
    .find_elf = dwfl_linux_proc_find_elf,
    .find_debuginfo = dwfl_build_id_find_debuginfo,  // the standard one may ask a server
    .section_address = dwfl_offline_section_address,
    .debuginfo_path = &debuginfo_path,
};

std::string demangled(const char* name) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(name, nullptr, nullptr, &status), &std::free);
  std::string result = text ? text.get() : name;
  // A coroutine's body is a clone of it: "f() [clone .actor]" (g++), "f() [clone .resume]" (clang).
  if (const auto clone = result.find(" [clone "); clone != std::string::npos) result.resize(clone);
  return result;
}

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

struct symbols::state {
  explicit state(pid_t id) : process(id) {}

  const pid_t process;
  std::mutex mutex;
  std::unique_ptr<Dwfl, dwfl_closer> session;
  std::map<std::uintptr_t, std::vector<source_frame>> known;
  std::map<const void*, internal::function_index> units;  // by where their debug information is

  Dwfl_Module* module_of(std::uintptr_t address) {
    if (!session) read_modules();
    Dwfl_Module* module = session ? dwfl_addrmodule(session.get(), address) : nullptr;
    if (module == nullptr) {  // loaded since, perhaps
      read_modules();
      module = session ? dwfl_addrmodule(session.get(), address) : nullptr;
    }
    return module;
  }

  void read_modules() {
    units.clear();  // of the former session
    session.reset(dwfl_begin(&callbacks));
    if (!session) return;
    dwfl_report_begin(session.get());
    if (process == ::getpid()) {
      internal::report_own_modules(session.get());
    } else {
      dwfl_linux_proc_report(session.get(), process);
    }
    dwfl_report_end(session.get(), nullptr, nullptr);
  }

  std::vector<source_frame> from_debug_information(Dwfl_Module* module, Dwarf_Addr address) {
    std::vector<source_frame> frames;
    Dwarf_Addr bias = 0;
    Dwarf_Die* const unit = unit_at(module, address, bias);
    if (unit == nullptr) return frames;
    const auto functions = units.try_emplace(unit->addr, unit).first;
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

  std::vector<source_frame> look_up(std::uintptr_t address) {
    std::vector<source_frame> frames;
    Dwfl_Module* const module = module_of(address);
    if (module != nullptr) frames = from_debug_information(module, address);
    const char* const symbol = module != nullptr ? dwfl_module_addrname(module, address) : nullptr;
    if (frames.empty()) frames.push_back({address, "", {}, false});
    if (symbol != nullptr) {
      // Debug information leaves the namespace out where it has no linkage name.
      std::string full = demangled(symbol);
      std::string& name = frames.back().function;
      if (name.empty() || short_function_name(full).ends_with("::" + name)) name = std::move(full);
    }
    for (source_frame& frame : frames) {
      if (frame.function.empty()) frame.function = fmt::format("{:#x}", address);
    }
    return frames;
  }
};

symbols::symbols() : symbols(::getpid()) {}
symbols::symbols(pid_t process) : state_(std::make_unique<state>(process)) {}
symbols::~symbols() = default;

std::vector<source_frame> symbols::at(std::uintptr_t address) {
  const std::lock_guard lock(state_->mutex);
  auto [entry, is_new] = state_->known.try_emplace(address);
  if (is_new) entry->second = state_->look_up(address);
  return entry->second;
}

std::vector<source_frame> symbols::at_call(std::uintptr_t return_address) {
  return at(return_address - 1);
}

bool symbols::is_system_code(std::uintptr_t address) {
  const std::lock_guard lock(state_->mutex);
  Dwfl_Module* const module = state_->module_of(address);
  if (module == nullptr) return false;
  const char* const name =
      dwfl_module_info(module, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
  const std::string_view file = name != nullptr ? name : "";
  return file.starts_with("/lib") || file.starts_with("/usr/lib") || file.starts_with("[vdso");
}

symbols& own_symbols() {
  static symbols& shared = *new symbols;  // reports come after the last destructor
  return shared;
}

std::string to_string(const source_place& place) {
  return place.known() ? fmt::format("{}:{}", place.file, place.line) : "unknown";
}

bool is_library_frame(const source_frame& frame) {
  const std::string& file = frame.place.file;
  if (!file.empty()) {
    return file.starts_with("/usr/include/") || file.find("/boost/") != file.npos ||
           file.find("/include/c++/") != file.npos;
  }
  const std::string name = short_function_name(frame.function);
  return name.starts_with("boost::") || name.starts_with("std::") || name.starts_with("__");
}

std::string short_function_name(std::string_view name) {
  // The parameters begin at the last '(' outside of <…>, (…) and {…} that is not operator()'s own.
  std::size_t end = name.size();
  int depth = 0;
  for (std::size_t i = name.size(); i-- > 0;) {
    const char c = name[i];
    const bool arrow = c == '>' && i > 0 && name[i - 1] == '-';
    if (c == ')' || c == '}' || (c == '>' && !arrow)) ++depth;
    if (c == '(' || c == '{' || c == '<') --depth;
    if (c != '(' || depth != 0) continue;
    if (i >= 8 && name.substr(i - 8, 8) == "operator") break;
    end = i;
    break;
  }
  name = name.substr(0, end);
  // A template's name begins with its return type, up to the last blank outside of brackets.
  depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '<' || name[i] == '(' || name[i] == '{') ++depth;
    if (name[i] == '>' || name[i] == ')' || name[i] == '}') --depth;
    if (name[i] == ' ' && depth == 0 && !name.substr(0, i).ends_with("operator")) begin = i + 1;
  }
  return std::string(name.substr(begin));
}

}  // namespace regatta
