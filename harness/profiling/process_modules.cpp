// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/process_modules.hpp"

#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "harness/platform/proc_text.hpp"
#include "harness/profiling/foreign_memory.hpp"

namespace regatta::profiling {
namespace {

// A regular file, or nothing. What is at a path by now may be a pipe that nobody writes to.
unique_fd open_file(const std::string& path, struct stat& found) {
  unique_fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file || ::fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode)) return {};
  return file;
}

// Some file systems have another inode number in maps than in stat(2).
bool begins_alike(const unique_fd& file, pid_t process, const mapped_range& range) {
  std::array<std::byte, 4096> there{}, here{};
  if (foreign_memory(process).read(range.begin, there.data(), there.size()) != there.size()) {
    return false;
  }
  const ssize_t got =
      ::pread(file.get(), here.data(), here.size(), static_cast<off_t>(range.offset));
  return got == static_cast<ssize_t>(here.size()) && here == there;
}

// The very file that is mapped.
unique_fd open_mapped(pid_t process, const mapped_range& range) {
  const std::string folder = fmt::format("/proc/{}/", process);
  std::vector<std::string> places;
  if (!range.deleted) places.push_back(folder + "root" + range.path);
  places.push_back(folder + "exe");
  places.push_back(fmt::format("{}map_files/{:x}-{:x}", folder, range.begin, range.end));
  if (!range.deleted) places.push_back(range.path);
  struct stat found {};
  for (const std::string& place : places) {
    unique_fd file = open_file(place, found);
    if (file && found.st_ino == range.inode) return file;
  }
  if (range.deleted) return {};
  unique_fd file = open_file(places.front(), found);
  if (file && begins_alike(file, process, range)) return file;
  return {};
}

char* debuginfo_path = nullptr;  // null: what elfutils looks through by default

}  // namespace

// elfutils closes the file that it gets, and frees the name.
int process_modules::find_elf(Dwfl_Module* module, void** userdata, const char*, std::uint64_t base,
                              char** file_name, void* elf) {
  auto& from = *static_cast<source*>(*userdata);
  if (from.file) {
    *file_name = ::strdup(from.path.c_str());
    return from.file.release();
  }
  // What elfutils does for the vdso, it does for any image in memory.
  const std::string image = fmt::format("[vdso: {}]", from.process);
  return dwfl_linux_proc_find_elf(module, userdata, image.c_str(), base, file_name,
                                  static_cast<Elf**>(elf));
}

process_modules::process_modules(pid_t process) : process_(process) { refresh(); }
process_modules::~process_modules() = default;

void process_modules::add(const mapped_module& module) {
  const mapped_range& first = module.first;
  source from{process_, {}, first.path};
  if (first.inode != 0) from.file = open_mapped(process_, first);
  const bool in_memory = !from.file;
  source& kept = sources_[first.begin] = std::move(from);
  Dwfl_Module* const added =
      dwfl_report_module(session_.get(), first.path.c_str(), first.begin, module.end);
  if (added == nullptr) return;
  void** userdata = nullptr;
  dwfl_module_info(added, &userdata, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
  *userdata = &kept;
  Dwarf_Addr bias = 0;
  if (in_memory) dwfl_module_getelf(added, &bias);  // as long as the process has it
}

void process_modules::open(const std::vector<mapped_module>& modules) {
  static const Dwfl_Callbacks callbacks{
      .find_elf = [](Dwfl_Module* module, void** userdata, const char* name, Dwarf_Addr base,
                     char** file_name,
                     Elf** elf) { return find_elf(module, userdata, name, base, file_name, elf); },
      .find_debuginfo = dwfl_build_id_find_debuginfo,  // the standard one may ask a server
      .section_address = dwfl_offline_section_address,
      .debuginfo_path = &debuginfo_path,
  };
  const auto is_new = [this](const mapped_module& module) {
    return std::find(modules_.begin(), modules_.end(), module) == modules_.end();
  };
  const bool all_remain =
      session_ && std::all_of(modules_.begin(), modules_.end(), [&](const mapped_module& former) {
        return std::find(modules.begin(), modules.end(), former) != modules.end();
      });
  if (!all_remain) {
    session_.reset(dwfl_begin(&callbacks));
    ++generation_;
    modules_.clear();
    sources_.clear();
    if (!session_) return;
  }
  dwfl_report_begin_add(session_.get());
  for (const mapped_module& module : modules) {
    if (!is_new(module)) continue;
    add(module);
    nowhere_.clear();
  }
  dwfl_report_end(session_.get(), nullptr, nullptr);
  modules_ = modules;
}

void process_modules::read_ranges() {
  const auto text = proc_text::read_file(fmt::format("/proc/{}/maps", process_));
  std::vector<mapped_range> ranges = parse_process_map(text.value_or(""));
  if (!ranges.empty()) ranges_ = std::move(ranges);  // else it ended: what is known remains so
}

void process_modules::refresh() {
  read_ranges();
  open(modules_of(ranges_));
}

bool process_modules::is_code(std::uint64_t address) {
  const auto executable = [&] {
    const mapped_range* const range = range_at(address);
    return range != nullptr && range->executable;
  };
  if (executable()) return true;
  const auto now = std::chrono::steady_clock::now();
  if (now < look_again_) return false;
  look_again_ = now + std::chrono::milliseconds(20);
  read_ranges();
  return executable();
}

Dwfl_Module* process_modules::at(std::uint64_t address) {
  if (!session_) return nullptr;
  if (Dwfl_Module* const module = internal::module_at(session_.get(), address)) return module;
  if (range_at(address) != nullptr) return nullptr;  // code that was made at run time
  if (!nowhere_.insert(address / 4096).second) return nullptr;
  refresh();
  return session_ ? internal::module_at(session_.get(), address) : nullptr;
}

std::optional<std::uint64_t> process_modules::original_of(std::uint64_t address) const {
  const mapped_range* const range = range_at(address);
  const mapped_range* const twin = range != nullptr ? twin_of(ranges_, modules_, *range) : nullptr;
  if (twin == nullptr) return std::nullopt;
  return twin->begin + (range->offset - twin->offset) + (address - range->begin);
}

std::optional<std::uint64_t> process_modules::find_symbol(
    std::string_view symbol, const std::function<bool(std::string_view)>& accepts) const {
  for (const mapped_module& mapped : modules_) {
    if (!accepts(file_name_of(mapped.first.path))) continue;
    Dwfl_Module* const module = internal::module_at(session_.get(), mapped.first.begin);
    const int count = module != nullptr ? dwfl_module_getsymtab(module) : 0;
    for (int i = 0; i < count; ++i) {
      GElf_Sym found{};
      GElf_Addr address = 0;
      const char* const name =
          dwfl_module_getsym_info(module, i, &found, &address, nullptr, nullptr, nullptr);
      if (name != nullptr && symbol == name && found.st_shndx != SHN_UNDEF) return address;
    }
  }
  return std::nullopt;
}

const mapped_range* process_modules::range_at(std::uint64_t address) const {
  const auto after = std::upper_bound(
      ranges_.begin(), ranges_.end(), address,
      [](std::uint64_t wanted, const mapped_range& range) { return wanted < range.begin; });
  if (after == ranges_.begin() || std::prev(after)->end <= address) return nullptr;
  return &*std::prev(after);
}

}  // namespace regatta::profiling
