// SPDX-License-Identifier: Apache-2.0
#include <time.h>

#include "harness/workload.hpp"

// A workload whose items take a known time of a CPU, on any machine and however busy it is. In the
// program regatta_faulty only.

namespace regatta {
namespace {

constexpr long burn_ms = 30;

long thread_cpu_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

// Looks at the clock seldom, so that a look at its stack finds it and not the clock.
[[gnu::noinline]] unsigned burn_cpu() {
  const long until = thread_cpu_ms() + burn_ms;
  unsigned mixed = 1;
  do {
    for (int i = 0; i < 100'000; ++i) mixed = mixed * 1664525U + 1013904223U;
    __asm__ volatile("" : "+r"(mixed));
  } while (thread_cpu_ms() < until);
  return mixed;
}

buffer burn(bytes_view, bytes_view input) {
  burn_cpu();
  return to_buffer(input);
}

class burns {
 public:
  static workload_info describe() {
    return {.name = "paced-burn", .summary = "30 ms of a CPU's time an item", .in_flight = 4};
  }
  static buffer build(const workload_options&) { return to_buffer("ab"); }
  explicit burns(bytes_view dataset) : dataset_(dataset) {}
  std::uint64_t distinct_items() const { return dataset_.size(); }
  bytes_view input(std::uint64_t index) const {
    return dataset_.subspan(index % dataset_.size(), 1);
  }

  template <class Context>
  typename Context::template task<buffer> run(Context& context, item it) const {
    co_return co_await context.compute(burn, it.input);
  }

 private:
  bytes_view dataset_;
};

const workload_registration<burns> registered;

}  // namespace
}  // namespace regatta
