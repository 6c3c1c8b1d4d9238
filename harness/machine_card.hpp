// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/platform/cpu_limits.hpp"

namespace regatta {

using fractional_ns = std::chrono::duration<double, std::nano>;

/// Waking a thread that sleeps in a futex and whose CPU has been idle for 200 µs.
struct wake_cost {
  /// How long the waker is held up. On one CPU the kernel may let the woken thread go first; then
  /// its turn is part of this, and more than the latency.
  fractional_ns sender{};
  fractional_ns latency{};  ///< from before the wake until the woken thread runs
  bool operator==(const wake_cost&) const = default;
};

/// What the primitive operations cost here: the floor under every backend, and the reason why
/// advice from another machine may not hold on this one. Medians of short repeated measurements.
struct machine_card {
  std::optional<fractional_ns> clock_read;       ///< steady_clock::now
  std::optional<fractional_ns> system_call;      ///< getppid
  std::optional<fractional_ns> line_round_trip;  ///< a cache line to another CPU and back
  std::optional<wake_cost> wake_same_cpu;        ///< the waker then blocks
  std::optional<wake_cost> wake_other_cpu;       ///< the waker keeps its CPU
  std::optional<fractional_ns> fork_and_wait;    ///< of this process as it is; the child exits
  std::optional<fractional_ns> page_fault;       ///< first touch of a 4 KiB page, zeroing included
  std::optional<double> copy_64_kib_gb_s;        ///< memcpy, 10^9 bytes copied a second
  std::optional<double> copy_64_mib_gb_s;
  /// A thread wakes a parked one, and both compute for 300 µs. The share of tries in which both
  /// ended on one CPU though they were free to use any; and (sum of halves) / (wall time): 2 is
  /// perfect.
  std::optional<double> packed_fraction;
  std::optional<double> unpinned_gain;
  std::optional<double> pinned_gain;  ///< the same, each pinned to a CPU of its own

  std::vector<int> cpus;  ///< the one or two it was measured on
  std::chrono::milliseconds took{};
  bool operator==(const machine_card&) const = default;
};

/// Uses CPUs of `limits.affinity` only. The calling thread's affinity is never touched and no
/// thread or process is left behind. What cannot be measured is nullopt: with one CPU, all that
/// needs two. The two 64 MiB buffers live in a child, so that they neither raise our peak memory
/// nor, in a small container, get us killed. `budget` is shared out; a loaded machine may take
/// twice as long, since every median has at least five samples. Call while no other thread of this
/// process is busy: it would be measured too.
machine_card measure_machine_card(const cpu_limits& limits,
                                  std::chrono::milliseconds budget = std::chrono::seconds(2));

/// Nine lines of at most 58 columns: "wake on another CPU     38 µs  (sender pays 13 µs)".
std::vector<std::string> describe(const machine_card& card);

}  // namespace regatta
