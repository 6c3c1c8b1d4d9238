// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/diagnostics/loop_monitor/corpus/thread_time.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace regatta::corpus {

pid_t this_thread_id() { return ::gettid(); }

std::chrono::nanoseconds time_without_cpu(pid_t thread) {
  std::array<char, 64> path{};
  std::snprintf(path.data(), path.size(), "/proc/self/task/%d/schedstat", thread);
  const int file = ::open(path.data(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  std::array<char, 96> text{};
  const ssize_t size = ::read(file, text.data(), text.size() - 1);
  ::close(file);
  long long ran = 0, waited = 0;
  if (size <= 0 || std::sscanf(text.data(), "%lld %lld", &ran, &waited) != 2) return {};
  return std::chrono::nanoseconds(waited);
}

std::chrono::nanoseconds monitor_time_without_cpu() {
  std::chrono::nanoseconds sum{};
  std::error_code error;
  for (std::filesystem::directory_iterator entry("/proc/self/task", error), end;
       !error && entry != end; entry.increment(error)) {
    std::string name;
    std::getline(std::ifstream(entry->path() / "comm"), name);
    if (!name.starts_with("regatta-")) continue;
    sum += time_without_cpu(std::atoi(entry->path().filename().c_str()));
  }
  return sum;
}

}  // namespace regatta::corpus
