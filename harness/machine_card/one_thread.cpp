// SPDX-License-Identifier: Apache-2.0
#include "harness/machine_card/one_thread.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>

#include "harness/machine_card/sampling.hpp"
#include "harness/platform/affinity.hpp"
#include "harness/platform/child_process.hpp"
#include "harness/platform/unique_fd.hpp"

namespace regatta::card {
namespace {

using std::chrono::nanoseconds;

/// Hides a value from the optimizer, so that what produced it is not removed.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

/// Ends a forked child at once. Under TSan _exit() first flushes the stdout buffer inherited from
/// the parent, which would then be printed once per child.
void leave() { ::syscall(SYS_exit_group, 0); }

/// Anonymous memory that is given back; a null data() if there is none to have.
class pages {
 public:
  explicit pages(std::size_t size)
      : size_(size),
        memory_(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
  }
  pages(const pages&) = delete;
  pages& operator=(const pages&) = delete;
  ~pages() {
    if (data() != nullptr) ::munmap(memory_, size_);
  }
  char* data() const { return memory_ == MAP_FAILED ? nullptr : static_cast<char*>(memory_); }

 private:
  std::size_t size_;
  void* memory_;
};

std::optional<double> touch_new_pages() {
  constexpr std::size_t page = 4096;
  constexpr std::size_t count = 512;
  const pages fresh(page * count);
  if (fresh.data() == nullptr) return std::nullopt;
  ::madvise(fresh.data(), page * count, MADV_NOHUGEPAGE);
  volatile char* next = fresh.data();
  return timed_batch(count, [&] {
    *next = 1;
    next = next + page;
  });
}

/// 10^9 bytes a second, or NaN.
double copy_rate(std::size_t size, std::size_t copies, nanoseconds budget) {
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  const pages from(size);
  const pages to(size);
  if (from.data() == nullptr || to.data() == nullptr) return unknown;
  std::memset(from.data(), 1, size);
  std::memset(to.data(), 2, size);
  const auto samples = collect(budget, [&]() -> std::optional<double> {
    return timed_batch(copies, [&] {
      std::memcpy(to.data(), from.data(), size);
      keep(*to.data());
    });
  });
  return static_cast<double>(size) / median_if_enough(samples).value_or(unknown);
}

/// What the child writes, one after the other; NaN is unknown.
void run_memory_child(int cpu, nanoseconds budget, int report) {
  pin_this_thread(cpu);
  const auto tell = [&](double value) { return ::write(report, &value, sizeof(value)) > 0; };
  const auto faults = collect(budget / 3, touch_new_pages);
  tell(median_if_enough(faults).value_or(std::numeric_limits<double>::quiet_NaN())) &&
      tell(copy_rate(64 << 10, 32, budget / 3)) && tell(copy_rate(64 << 20, 1, budget / 3));
}

std::optional<double> read_double(int from) {
  double value = 0;
  ssize_t got = 0;
  do {
    got = ::read(from, &value, sizeof(value));
  } while (got < 0 && errno == EINTR);
  if (got != sizeof(value) || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace

std::optional<fractional_ns> measure_clock_read(nanoseconds budget) {
  return median_duration(collect(budget, []() -> std::optional<double> {
    return timed_batch(1000, [] { keep(clock::now()); });
  }));
}

std::optional<fractional_ns> measure_system_call(nanoseconds budget) {
  return median_duration(collect(budget, []() -> std::optional<double> {
    return timed_batch(500, [] { ::syscall(SYS_getppid); });
  }));
}

std::optional<fractional_ns> measure_fork_and_wait(nanoseconds budget) {
  return median_duration(collect(budget, []() -> std::optional<double> {
    const auto begin = clock::now();
    const pid_t pid = ::fork();
    if (pid == 0) leave();
    if (pid < 0) return std::nullopt;
    wait_child(pid, true);
    return fractional_ns(clock::now() - begin).count();
  }));
}

memory_costs measure_memory(int cpu, nanoseconds budget) {
  memory_costs costs;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return costs;
  const unique_fd read_end(ends[0]);
  unique_fd write_end(ends[1]);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) {
    die_with_parent(parent);
    run_memory_child(cpu, budget, write_end.get());
    leave();
  }
  write_end.reset();
  if (pid < 0) return costs;
  if (const auto ns = read_double(read_end.get())) costs.page_fault = fractional_ns(*ns);
  costs.copy_64_kib_gb_s = read_double(read_end.get());
  costs.copy_64_mib_gb_s = read_double(read_end.get());
  wait_child(pid, true);
  return costs;
}

}  // namespace regatta::card
