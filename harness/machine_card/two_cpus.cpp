// SPDX-License-Identifier: Apache-2.0
#include "harness/machine_card/two_cpus.hpp"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "harness/machine_card/parked_worker.hpp"
#include "harness/machine_card/sampling.hpp"
#include "harness/platform/affinity.hpp"

namespace regatta::card {
namespace {

using std::chrono::nanoseconds;

/// A worker that has only just fallen asleep is found on a CPU that has not: pools are woken after
/// pauses, and an idle CPU is what makes the wake dear on virtual machines.
constexpr nanoseconds pause_before_wake = std::chrono::microseconds(200);
constexpr nanoseconds half = std::chrono::microseconds(300);

void spin_for(nanoseconds duration) {
  const auto end = clock::now() + duration;
  while (clock::now() < end) {
  }
}

/// Work that takes the same number of cycles each time. (To spin until a time would count the time
/// in which the thread was off its CPU as work done.)
void compute(std::uint64_t steps) {
  std::uint64_t state = steps | 1;
  for (std::uint64_t i = 0; i < steps; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    asm volatile("" : "+r"(state));
  }
}

std::uint64_t steps_of_one_half() {
  constexpr std::uint64_t trial = 100'000;
  double fastest = 1e18;
  for (int i = 0; i < 9; ++i) {
    fastest = std::min(fastest, timed_batch(1, [] { compute(trial); }));
  }
  return static_cast<std::uint64_t>(static_cast<double>(trial * half.count()) / fastest);
}

}  // namespace

std::optional<fractional_ns> measure_line_round_trip(int here, int there, nanoseconds budget) {
  constexpr std::uint32_t trips = 200;
  const scoped_affinity pinned(here);
  if (!pinned.active()) return std::nullopt;
  // Even: ours to answer. Odd: theirs. Nothing else travels, so relaxed order is enough.
  struct alignas(128) line {
    std::atomic<std::uint32_t> value{0};
  };
  line ball;
  parked_worker peer({there}, [&] {
    for (std::uint32_t i = 0; i < trips; ++i) {
      while (ball.value.load(std::memory_order_relaxed) != 2 * i + 1) {
      }
      ball.value.store(2 * i + 2, std::memory_order_relaxed);
    }
  });
  if (!peer.placed()) return std::nullopt;
  return median_duration(collect(budget, [&]() -> std::optional<double> {
    ball.value.store(0, std::memory_order_relaxed);
    peer.wake();
    const auto trip = [&](std::uint32_t i) {
      ball.value.store(2 * i + 1, std::memory_order_relaxed);
      while (ball.value.load(std::memory_order_relaxed) != 2 * i + 2) {
      }
    };
    trip(0);  // it is awake now
    std::uint32_t next = 1;
    const double one = timed_batch(trips - 1, [&] { trip(next++); });
    peer.wait();
    return one;
  }));
}

std::optional<wake_cost> measure_wake(int here, int there, nanoseconds budget) {
  const scoped_affinity pinned(here);
  if (!pinned.active()) return std::nullopt;
  clock::time_point woken;
  parked_worker worker({there}, [&] { woken = clock::now(); });
  if (!worker.placed()) return std::nullopt;
  const auto samples = collect(budget, [&]() -> std::optional<wake_cost> {
    spin_for(pause_before_wake);
    const auto begin = clock::now();
    const bool slept = worker.wake();
    const auto sent = clock::now();
    worker.wait();
    if (!slept) return std::nullopt;
    return wake_cost{sent - begin, woken - begin};
  });
  std::vector<double> senders;
  std::vector<double> latencies;
  for (const wake_cost& sample : samples) {
    senders.push_back(sample.sender.count());
    latencies.push_back(sample.latency.count());
  }
  const auto sender = median_duration(senders);
  const auto latency = median_duration(latencies);
  if (!sender || !latency) return std::nullopt;
  return wake_cost{*sender, *latency};
}

std::optional<halves_result> measure_halves(const std::vector<int>& here,
                                            const std::vector<int>& there, nanoseconds budget) {
  const scoped_affinity placed(here);
  if (!placed.active()) return std::nullopt;
  const std::uint64_t steps = steps_of_one_half();
  int worker_cpu = -1;
  parked_worker worker(there, [&] {
    compute(steps);
    worker_cpu = ::sched_getcpu();
  });
  if (!worker.placed()) return std::nullopt;
  std::vector<double> packed;
  const auto attempt = [&]() -> std::optional<double> {
    spin_for(pause_before_wake);
    const auto begin = clock::now();
    const bool slept = worker.wake();
    compute(steps);
    const int own_cpu = ::sched_getcpu();
    worker.wait();
    const double wall = fractional_ns(clock::now() - begin).count();
    if (!slept) return std::nullopt;
    packed.push_back(own_cpu == worker_cpu ? 1 : 0);
    return 2 * fractional_ns(half).count() / wall;
  };
  const auto gain = median_if_enough(collect(budget, attempt));
  if (!gain) return std::nullopt;
  const auto same = static_cast<double>(std::count(packed.begin(), packed.end(), 1.0));
  return halves_result{same / static_cast<double>(packed.size()), *gain};
}

}  // namespace regatta::card
