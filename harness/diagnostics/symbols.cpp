// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/symbols.hpp"

#include <elfutils/libdwfl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <mutex>

#include "harness/diagnostics/address_names.hpp"
#include "harness/diagnostics/dwfl_session.hpp"
#include "harness/diagnostics/own_modules.hpp"

namespace regatta {

struct symbols::state {
  explicit state(pid_t id) : process(id) {}

  const pid_t process;
  std::mutex mutex;
  internal::dwfl_session session;
  std::map<std::uintptr_t, std::vector<source_frame>> known;
  internal::address_names names;

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
    names.forget();  // of the former session
    session = internal::open_session();
    if (!session) return;
    dwfl_report_begin(session.get());
    if (process == ::getpid()) {
      internal::report_own_modules(session.get());
    } else {
      dwfl_linux_proc_report(session.get(), process);
    }
    dwfl_report_end(session.get(), nullptr, nullptr);
  }

  std::vector<source_frame> look_up(std::uintptr_t address) {
    std::vector<source_frame> frames = names.at(module_of(address), address);
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
  if (!frame.place.file.empty()) {
    // clang's standard library is "/usr/lib/gcc/…/12/../../../../include/…".
    const std::string file = std::filesystem::path(frame.place.file).lexically_normal().string();
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
