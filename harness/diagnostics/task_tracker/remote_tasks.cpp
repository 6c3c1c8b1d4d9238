// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/task_tracker/remote_tasks.hpp"

#include <fmt/format.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

#include "harness/diagnostics/task_tracker/registry.hpp"
#include "harness/diagnostics/task_tracker/snapshot.hpp"

namespace regatta {
namespace {

using internal::registry_header;
using internal::task_record;

[[noreturn]] void refuse_permission(pid_t process) {
  throw std::runtime_error(
      fmt::format("process {} may not be read: run this as its user or as root; where "
                  "/proc/sys/kernel/yama/ptrace_scope is not 0, only root may",
                  process));
}

// Where the process has its registry_header; found by the name of that mapping.
std::uint64_t find_header(pid_t process) {
  errno = 0;
  std::ifstream maps(fmt::format("/proc/{}/maps", process));
  if (!maps) {
    if (errno == EACCES) refuse_permission(process);
    throw std::runtime_error(fmt::format("there is no process {}", process));
  }
  const std::string name = fmt::format("/memfd:{} (deleted)", internal::registry_name);
  for (std::string line; std::getline(maps, line);) {
    if (line.ends_with(name)) return std::stoull(line, nullptr, 16);
  }
  throw std::runtime_error(
      fmt::format("process {} has no registry of tasks: it is not built with regatta::debug (or "
                  "-include …/track_asio.hpp), has made no task yet, or has REGATTA_DEBUG=0",
                  process));
}

// How many of the bytes could be read; the rest is beyond what the process has.
std::size_t read_memory(pid_t process, std::uint64_t address, void* target, std::size_t size) {
  const iovec local{target, size};
  const iovec remote{reinterpret_cast<void*>(address), size};
  const ssize_t count = ::process_vm_readv(process, &local, 1, &remote, 1, 0);
  if (count < 0 && errno == EPERM) refuse_permission(process);
  if (count < 0 && errno == ESRCH) {
    throw std::runtime_error(fmt::format("process {} has ended", process));
  }
  return count < 0 ? 0 : static_cast<std::size_t>(count);
}

template <class T>
void read_whole(pid_t process, std::uint64_t address, T* target, std::size_t count) {
  if (read_memory(process, address, target, count * sizeof(T)) != count * sizeof(T)) {
    throw std::runtime_error(
        fmt::format("the registry of tasks of process {} cannot be read whole", process));
  }
}

struct remote_header {
  alignas(registry_header) unsigned char bytes[sizeof(registry_header)];
  const registry_header& get() const {
    return *std::launder(reinterpret_cast<const registry_header*>(bytes));
  }
};

struct remote_record {
  alignas(task_record) unsigned char bytes[sizeof(task_record)];
  const task_record& get() const {
    return *std::launder(reinterpret_cast<const task_record*>(bytes));
  }
};

std::vector<internal::raw_task> read_records(pid_t process, const registry_header& header) {
  constexpr std::uint64_t at_once = 4096;
  const auto block = std::make_unique<remote_record[]>(at_once);
  std::vector<internal::raw_task> found;
  const std::uint64_t used = std::min(header.used.load(), header.capacity);
  for (std::uint64_t first = 0; first < used; first += at_once) {
    const std::uint64_t count = std::min(at_once, used - first);
    read_whole(process, header.records + first * sizeof(task_record), block.get(), count);
    for (std::uint64_t i = 0; i < count; ++i) {
      if (const auto task = internal::read_record(block[i].get())) found.push_back(*task);
    }
  }
  return found;
}

// Strings of the program's constants: read once each, at most a page of text.
class remote_strings {
 public:
  explicit remote_strings(pid_t process) : process_(process) {}
  std::string operator()(std::uint64_t address) {
    if (address == 0) return "";
    auto [entry, is_new] = known_.try_emplace(address);
    if (is_new) entry->second = read(address);
    return entry->second;
  }

 private:
  std::string read(std::uint64_t address) const {
    std::string text;
    while (text.size() < 4096) {
      char part[64];  // does not cross a page's end, behind which there may be nothing
      const std::size_t wanted = sizeof part - address % sizeof part;
      const std::size_t size = read_memory(process_, address, part, wanted);
      const char* const end = std::find(part, part + size, '\0');
      text.append(part, static_cast<std::size_t>(end - part));
      if (end != part + size || size == 0) break;
      address += size;
    }
    return text;
  }
  pid_t process_;
  std::map<std::uint64_t, std::string> known_;
};

}  // namespace

remote_tasks read_remote_tasks(pid_t process) {
  const std::uint64_t address = find_header(process);
  remote_header copy;
  read_whole(process, address, &copy, 1);
  const registry_header& header = copy.get();
  if (header.magic != internal::registry_magic || header.version != internal::registry_version ||
      header.record_size != sizeof(task_record)) {
    throw std::runtime_error(
        fmt::format("process {} has a registry of version {}, this regatta reads version {}: use "
                    "the one the program was built with",
                    process, header.version, internal::registry_version));
  }
  symbols names(process);
  remote_strings strings(process);
  remote_tasks result;
  result.tasks = internal::describe_all(read_records(process, header), internal::coarse_now(),
                                        names, [&](std::uint64_t at) { return strings(at); });
  result.untracked = header.untracked.load();
  return result;
}

}  // namespace regatta
