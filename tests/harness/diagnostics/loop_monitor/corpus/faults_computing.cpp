// SPDX-License-Identifier: Apache-2.0
#include <sqlite3.h>
#include <sys/mman.h>

#include <ctime>
#include <memory>
#include <regex>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/harness/diagnostics/loop_monitor/corpus/faults.hpp"

namespace regatta::corpus {
namespace {

// The faults call the clock themselves: a function for it would be a function of the program in
// which their stacks may be taken.
constexpr clockid_t cpu_clock = CLOCK_THREAD_CPUTIME_ID;

timespec cpu_time_after(nanoseconds time) {
  timespec end{};
  ::clock_gettime(cpu_clock, &end);
  const nanoseconds sum = nanoseconds(end.tv_nsec) + time;
  end.tv_sec += sum / std::chrono::seconds(1);
  end.tv_nsec = (sum % std::chrono::seconds(1)).count();
  return end;
}

bool is_before(const timespec& now, const timespec& end) {
  return now.tv_sec != end.tv_sec ? now.tv_sec < end.tv_sec : now.tv_nsec < end.tv_nsec;
}

struct close_database {
  void operator()(sqlite3* database) const { ::sqlite3_close(database); }
};

}  // namespace

[[gnu::noinline]] void stall_in_spin(nanoseconds time) {
  const timespec end = cpu_time_after(time);
  for (timespec now{}; is_before(now, end); ::clock_gettime(cpu_clock, &now)) {
    for (int i = 0; i < 200'000; ++i) asm volatile("" : : : "memory");
  }
}

[[gnu::noinline]] void stall_in_regex(nanoseconds time) {
  const timespec end = cpu_time_after(time);
  static const std::regex pattern("(a+)+b");
  const std::string subject(12, 'a');  // 10 more and it takes 1,000 times as long
  int matches = 0;
  for (timespec now{}; is_before(now, end); ::clock_gettime(cpu_clock, &now)) {
    matches += std::regex_match(subject, pattern) ? 1 : 0;
  }
  if (matches != 0) throw std::logic_error("the pattern must not match");
}

[[gnu::noinline]] void stall_in_sqlite(nanoseconds time) {
  const timespec end = cpu_time_after(time);
  sqlite3* opened = nullptr;
  if (::sqlite3_open(":memory:", &opened) != SQLITE_OK) throw std::runtime_error("sqlite3_open");
  const std::unique_ptr<sqlite3, close_database> database(opened);
  for (timespec now{}; is_before(now, end); ::clock_gettime(cpu_clock, &now)) {
    ::sqlite3_exec(opened,
                   "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n LIMIT 3000)"
                   " SELECT count(*) FROM n",
                   nullptr, nullptr, nullptr);
  }
}

[[gnu::noinline]] void stall_in_exception_storm(nanoseconds time) {
  const timespec end = cpu_time_after(time);
  const std::vector<int> empty;
  std::size_t caught = 0;
  for (timespec now{}; is_before(now, end); ::clock_gettime(cpu_clock, &now)) {
    for (int i = 0; i < 50; ++i) {
      try {
        caught += static_cast<std::size_t>(empty.at(caught));
      } catch (const std::out_of_range&) {
        ++caught;
      }
    }
  }
}

[[gnu::noinline]] void stall_in_page_faults(nanoseconds time) {
  constexpr std::size_t size = std::size_t{4} << 20, page = 4096;
  void* const memory =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::runtime_error("mmap");
  ::madvise(memory, size, MADV_NOHUGEPAGE);  // one fault a page, whatever the machine's setting
  const timespec end = cpu_time_after(time);
  for (timespec now{}; is_before(now, end); ::clock_gettime(cpu_clock, &now)) {
    for (std::size_t at = 0; at < size; at += page) static_cast<volatile char*>(memory)[at] = 1;
    ::madvise(memory, size, MADV_DONTNEED);
  }
  ::munmap(memory, size);
}

}  // namespace regatta::corpus
