// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace regatta {

/// Buckets for durations, 64 to each doubling: any value of a bucket is within 0.8 % of its middle.
/// Below 64 ns each nanosecond has its own; 4.9 hours and more share the last.
namespace duration_buckets {

constexpr unsigned steps = 64;
constexpr unsigned bits = 44;  ///< of the longest that is told apart
constexpr std::size_t count = (bits - 5) * std::size_t{steps};

constexpr std::size_t of(std::chrono::nanoseconds duration) {
  constexpr std::uint64_t most = (std::uint64_t{1} << bits) - 1;
  if (duration.count() <= 0) return 0;
  auto value = static_cast<std::uint64_t>(duration.count());
  if (value > most) value = most;
  if (value < steps) return value;
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - 7;
  return (shift + 1) * std::size_t{steps} + ((value >> shift) - steps);
}

/// In seconds.
double middle(std::size_t bucket);

}  // namespace duration_buckets

/// How long things took: counts by bucket, beside the exact number, sum and maximum. Histograms of
/// parts add up to that of the whole. Thread safety: distinct objects.
class duration_histogram {
 public:
  void add(std::chrono::nanoseconds duration);
  /// Another one's contents: `count` durations of `bucket`; the sum and the maximum come apart.
  void add_bucket(std::size_t bucket, std::uint64_t count);
  void add_totals(std::chrono::nanoseconds sum, std::chrono::nanoseconds max);
  void merge(const duration_histogram& other);

  std::uint64_t count() const { return count_; }
  std::uint64_t in_bucket(std::size_t bucket) const { return buckets_[bucket]; }
  double sum() const;  ///< seconds
  double max() const;  ///< seconds
  /// In seconds, within 1 %, by nearest rank; nullopt where the sample cannot show it, as of
  /// quantile().
  std::optional<double> quantile(double p) const;

 private:
  std::vector<std::uint64_t> buckets_ = std::vector<std::uint64_t>(duration_buckets::count);
  std::uint64_t count_ = 0;
  std::chrono::nanoseconds sum_{0};
  std::chrono::nanoseconds max_{0};
};

}  // namespace regatta
