// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/ebpf/tracepoint_numbers.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <string_view>

#include "harness/platform/proc_text.hpp"

namespace regatta::profiling {
namespace {

unique_fd open_folder(int at, const char* path) {
  return unique_fd(::openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

unique_fd own_mount() {
  const unique_fd context(::fsopen("tracefs", FSOPEN_CLOEXEC));
  if (!context) return {};
  if (::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) return {};
  return unique_fd(::fsmount(context.get(), FSMOUNT_CLOEXEC, 0));
}

}  // namespace

tracepoint_numbers::tracepoint_numbers()
    : events_(open_folder(AT_FDCWD, "/sys/kernel/tracing/events")) {
  if (events_) return;
  const unique_fd root = own_mount();
  if (root) events_ = open_folder(root.get(), "events");
}

std::optional<std::uint64_t> tracepoint_numbers::of(const std::string& event) const {
  if (!events_) return std::nullopt;
  const unique_fd file(::openat(events_.get(), (event + "/id").c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 32> space;
  const ssize_t got = file ? ::read(file.get(), space.data(), space.size()) : 0;
  if (got <= 0) return std::nullopt;
  return proc_text::number<std::uint64_t>(
      proc_text::trimmed({space.data(), static_cast<std::size_t>(got)}));
}

}  // namespace regatta::profiling
