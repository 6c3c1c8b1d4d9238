// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace regatta {

/// A number that several threads change and others read. It orders nothing, hence relaxed.
class shared_count {
 public:
  void add(std::int64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::int64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

/// One more for as long as this object lives.
class [[nodiscard("it counts while it lives")]] counted {
 public:
  explicit counted(shared_count & count) : count_(count) { count_.add(1); }
  ~counted() { count_.add(-1); }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;

 private:
  shared_count& count_;
};

/// How long things took, as Prometheus wants it: how many by an upper limit each, and their sum.
class latency_histogram {
 public:
  /// Seconds; what took longer than the last is in the count only.
  static constexpr std::array<double, 14> limits{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                                 1,     2.5,  5,     10,   15,  30,   60};

  void add(std::chrono::nanoseconds took) {
    const double seconds = std::chrono::duration<double>(took).count();
    const auto* const limit = std::lower_bound(limits.begin(), limits.end(), seconds);
    counts_[static_cast<std::size_t>(limit - limits.begin())].add();
    sum_.add(took.count());
  }
  /// Of those within limits[i]; i = limits.size(): of all.
  std::int64_t within(std::size_t i) const {
    std::int64_t total = 0;
    for (std::size_t each = 0; each <= i; ++each) total += counts_[each].get();
    return total;
  }
  std::int64_t count() const { return within(limits.size()); }
  double sum_seconds() const { return static_cast<double>(sum_.get()) * 1e-9; }

 private:
  std::array<shared_count, limits.size() + 1> counts_;  // each apart, not yet cumulated
  shared_count sum_;                                    // nanoseconds
};

/// What the HTTP front counts.
struct front_counts {
  shared_count connections;   ///< open now
  shared_count accepted;      ///< connections, ever
  shared_count turned_away;   ///< connections over the limit
  shared_count slow_clients;  ///< connections closed because the client took too long
  shared_count broken;        ///< requests that are no HTTP or too large
  shared_count busy;          ///< requests received whole and not yet answered whole
};

/// What the workload counts about its calls of the LLM.
struct llm_counts {
  shared_count waiting;  ///< for the semaphore
  shared_count asking;   ///< under way
  shared_count answered;
  shared_count failed;
};

/// What becomes of kernels, or of requests, in the pool behind the loop.
struct pool_counts {
  shared_count inside;   ///< waiting for a worker or in one
  shared_count retried;  ///< begun again since their worker died
};

}  // namespace regatta
