// SPDX-License-Identifier: Apache-2.0
#include "reports/hdr_percentiles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace regatta {
namespace {

constexpr double lines_per_halving = 5;

// The level after this one; 1 comes when the rest is less than one of the values.
double level_after(double level) {
  const double halvings = std::floor(std::log2(1 / (1 - level))) + 1;
  return level + 1 / (lines_per_halving * std::exp2(halvings));
}

double deviation_of(const duration_histogram& times, double mean) {
  double sum = 0;
  for (std::size_t i = 0; i < duration_buckets::count; ++i) {
    const double off = duration_buckets::middle(i) - mean;
    sum += static_cast<double>(times.in_bucket(i)) * off * off;
  }
  return times.count() == 0 ? 0 : std::sqrt(sum / static_cast<double>(times.count()));
}

}  // namespace

std::string render_hdr_percentiles(const duration_histogram& times) {
  std::string out = "       Value     Percentile TotalCount 1/(1-Percentile)\n\n";
  const auto count = static_cast<double>(times.count());
  double level = 0;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < duration_buckets::count && seen < times.count(); ++i) {
    const std::uint64_t here = times.in_bucket(i);
    if (here == 0) continue;
    seen += here;
    const double value = 1e3 * std::min(duration_buckets::middle(i), times.max());
    while (seen < times.count() && level <= static_cast<double>(seen) / count) {
      out +=
          fmt::format("{:12.3f} {:14.12f} {:10} {:14.2f}\n", value, level, seen, 1 / (1 - level));
      level = level_after(level);
    }
  }
  if (times.count() > 0) {
    out += fmt::format("{:12.3f} {:14.12f} {:10}\n", 1e3 * times.max(), 1.0, seen);
  }
  const double mean = times.count() == 0 ? 0 : times.sum() / count;
  out += fmt::format("#[Mean    = {:12.3f}, StdDeviation   = {:12.3f}]\n", 1e3 * mean,
                     1e3 * deviation_of(times, mean));
  out += fmt::format("#[Max     = {:12.3f}, Total count    = {:12}]\n", 1e3 * times.max(),
                     times.count());
  out += fmt::format("#[Buckets = {:12}, SubBuckets     = {:12}]\n", duration_buckets::bits - 5,
                     duration_buckets::steps);
  return out;
}

}  // namespace regatta
