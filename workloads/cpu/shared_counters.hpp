// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace regatta {

// Three ways to count in parallel, with the same members: add(branch, which), from any thread, as
// long as no two threads say they are the same branch; and totals(), when all have ended.

constexpr std::size_t counter_count = 256;
using counter_totals = std::array<std::uint64_t, counter_count>;

/// One lock around all of them.
class mutex_counters {
 public:
  explicit mutex_counters(std::size_t) {}
  void add(std::size_t, std::size_t which) {
    const std::lock_guard lock(mutex_);
    ++counts_[which];
  }
  counter_totals totals() const { return counts_; }

 private:
  std::mutex mutex_;
  counter_totals counts_{};  ///< under the mutex
};

/// Each is added to by one instruction; the cache lines they lie in are shared.
class atomic_counters {
 public:
  explicit atomic_counters(std::size_t) {}
  // Relaxed: whoever reads the totals has waited for the end of all that add.
  void add(std::size_t, std::size_t which) {
    counts_[which].fetch_add(1, std::memory_order_relaxed);
  }
  counter_totals totals() const {
    counter_totals sums;
    for (std::size_t i = 0; i < sums.size(); ++i) {
      sums[i] = counts_[i].load(std::memory_order_relaxed);
    }
    return sums;
  }

 private:
  std::array<std::atomic<std::uint64_t>, counter_count> counts_{};
};

/// A set of its own for every branch, added up at the end: nothing is shared while counting.
class sharded_counters {
 public:
  explicit sharded_counters(std::size_t branches) : shards_(branches) {}
  void add(std::size_t branch, std::size_t which) { ++shards_[branch].counts[which]; }
  counter_totals totals() const {
    counter_totals sums{};
    for (const shard& each : shards_) {
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += each.counts[i];
    }
    return sums;
  }

 private:
  struct alignas(64) shard {  // a cache line: neighbours do not share one
    counter_totals counts{};
  };
  std::vector<shard> shards_;
};

}  // namespace regatta
