// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/diagnostics/dwfl_session.hpp"
#include "harness/platform/unique_fd.hpp"
#include "harness/profiling/process_map.hpp"

namespace regatta::profiling {

/// A process's executable, libraries and vdso, for elfutils. The files are opened at once, the very
/// ones that are mapped: through /proc/PID/root, whatever is at that path by now left out, or,
/// where they have no name any more, from the process's memory. So names remain when the process
/// ends. Thread safety: one thread at a time.
class process_modules {
 public:
  explicit process_modules(pid_t process);
  process_modules(const process_modules&) = delete;
  process_modules& operator=(const process_modules&) = delete;
  ~process_modules();

  /// Never the same as before if modules went away; null only when elfutils has no memory.
  Dwfl* session() const { return session_.get(); }
  /// How many sessions there were: what was read from an earlier one's modules is invalid.
  unsigned generation() const { return generation_; }

  /// Reads /proc/PID/maps again: after an exec, a dlopen. What is known stays if it cannot be read.
  void refresh();
  /// null if there is none even after a refresh, which is done where the address was not mapped.
  Dwfl_Module* at(std::uint64_t address);

  /// The address in a module of code that is mapped from its file a second time, outside of it.
  std::optional<std::uint64_t> original_of(std::uint64_t address) const;

  /// The address of a symbol, in the first module whose file name is accepted that has it.
  std::optional<std::uint64_t> find_symbol(
      std::string_view symbol, const std::function<bool(std::string_view)>& accepts) const;

  /// The mapping that has the address; null if there was none.
  const mapped_range* range_at(std::uint64_t address) const;
  /// Whether there is code. Where none was known the map is read again, though not all the time:
  /// compilers at run time make new pages executable.
  bool is_code(std::uint64_t address);
  /// Whether there has ever been something to read.
  bool known() const { return !ranges_.empty(); }
  std::size_t size() const { return modules_.size(); }

 private:
  struct source {  // of a module's ELF file; its address is the module's user data
    pid_t process = 0;
    unique_fd file;  // none: from the process's memory
    std::string path;
  };
  static int find_elf(Dwfl_Module* module, void** userdata, const char* name, std::uint64_t base,
                      char** file_name, void* elf);
  void read_ranges();
  void open(const std::vector<mapped_module>& modules);
  void add(const mapped_module& module);

  pid_t process_;
  internal::dwfl_session session_;
  unsigned generation_ = 0;
  std::vector<mapped_range> ranges_;
  std::vector<mapped_module> modules_;
  std::map<std::uint64_t, source> sources_;             // by their first address
  std::set<std::uint64_t> nowhere_;                     // pages that were looked for in vain
  std::chrono::steady_clock::time_point look_again_{};  // for code where there was none
};

}  // namespace regatta::profiling
