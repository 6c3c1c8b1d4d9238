// SPDX-License-Identifier: Apache-2.0
#include "reports/histogram_json.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

namespace regatta {
namespace {

using nlohmann::ordered_json;

constexpr std::array<std::pair<const char*, double>, 8> quantiles{{{"p1", 0.01},
                                                                   {"p50", 0.5},
                                                                   {"p75", 0.75},
                                                                   {"p90", 0.9},
                                                                   {"p95", 0.95},
                                                                   {"p99", 0.99},
                                                                   {"p99.9", 0.999},
                                                                   {"p99.99", 0.9999}}};

std::chrono::nanoseconds nanoseconds_of(double seconds) {
  return std::chrono::nanoseconds(std::llround(seconds * 1e9));
}

}  // namespace

ordered_json write_buckets(const duration_histogram& times) {
  ordered_json buckets = ordered_json::array();
  for (std::size_t i = 0; i < duration_buckets::count; ++i) {
    if (times.in_bucket(i) > 0) {
      buckets.push_back({duration_buckets::middle(i), times.in_bucket(i)});
    }
  }
  return buckets;
}

duration_histogram read_buckets(const nlohmann::json& buckets, double sum, double longest) {
  duration_histogram times;
  for (const auto& bucket : buckets) {
    times.add_bucket(duration_buckets::of(nanoseconds_of(bucket.at(0).get<double>())),
                     bucket.at(1).get<std::uint64_t>());
  }
  times.add_totals(nanoseconds_of(sum), nanoseconds_of(longest));
  return times;
}

ordered_json write_times(const duration_histogram& times) {
  const bool any = times.count() > 0;
  ordered_json shown = {
      {"count", times.count()},
      {"mean",
       any ? ordered_json(times.sum() / static_cast<double>(times.count())) : ordered_json()},
      {"max", any ? ordered_json(times.max()) : ordered_json()}};
  for (const auto& [name, p] : quantiles) {
    const auto value = times.quantile(p);
    shown[name] = value ? ordered_json(*value) : ordered_json();
  }
  shown["buckets"] = write_buckets(times);
  return shown;
}

duration_histogram read_times(const nlohmann::json& times) {
  const auto number = [&](const char* name) {
    const auto& value = times.at(name);
    return value.is_null() ? 0.0 : value.get<double>();
  };
  const auto count = static_cast<double>(times.at("count").get<std::uint64_t>());
  return read_buckets(times.at("buckets"), number("mean") * count, number("max"));
}

}  // namespace regatta
