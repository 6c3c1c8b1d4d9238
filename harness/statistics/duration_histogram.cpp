// SPDX-License-Identifier: Apache-2.0
#include "harness/statistics/duration_histogram.hpp"

#include <algorithm>
#include <cmath>

namespace regatta {

using std::chrono::nanoseconds;

namespace {

// 10 * (1 - 0.9) is a little less than 1 in binary; what is meant is the whole number.
constexpr double rounding = 1e-9;

double to_seconds(nanoseconds time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

double duration_buckets::middle(std::size_t bucket) {
  if (bucket < steps) return 1e-9 * static_cast<double>(bucket);
  const auto shift = static_cast<int>(bucket / steps) - 1;
  const double first = static_cast<double>(bucket % steps + steps);
  // A bucket of 2^shift whole nanoseconds ends with the last of them.
  return 1e-9 * (std::ldexp(first, shift) + (std::ldexp(1.0, shift) - 1) / 2);
}

void duration_histogram::add(nanoseconds duration) {
  duration = std::max(duration, nanoseconds(0));
  add_bucket(duration_buckets::of(duration), 1);
  add_totals(duration, duration);
}

void duration_histogram::add_bucket(std::size_t bucket, std::uint64_t count) {
  buckets_[bucket] += count;
  count_ += count;
}

void duration_histogram::add_totals(nanoseconds sum, nanoseconds max) {
  sum_ += sum;
  max_ = std::max(max_, max);
}

void duration_histogram::merge(const duration_histogram& other) {
  for (std::size_t i = 0; i < buckets_.size(); ++i) add_bucket(i, other.buckets_[i]);
  add_totals(other.sum_, other.max_);
}

double duration_histogram::sum() const { return to_seconds(sum_); }
double duration_histogram::max() const { return to_seconds(max_); }

std::optional<double> duration_histogram::quantile(double p) const {
  const auto n = static_cast<double>(count_);
  if (!(n * p >= 1 - rounding) || !(n * (1 - p) >= 1 - rounding)) return std::nullopt;
  const auto rank = static_cast<std::uint64_t>(std::ceil(n * p - rounding));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    // The middle of the longest one's bucket may lie beyond it.
    if (seen >= rank) return std::min(duration_buckets::middle(i), max());
  }
  return max();
}

}  // namespace regatta
