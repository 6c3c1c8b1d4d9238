// SPDX-License-Identifier: Apache-2.0
#include "harness/doctor/noise.hpp"

#include <cmath>
#include <numeric>

#include "harness/statistics/detectable_effect.hpp"
#include "harness/statistics/margin_test.hpp"
#include "harness/statistics/quantile.hpp"

namespace regatta::doctor {
namespace {

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double sum_of_squares(std::span<const double> values, double mean) {
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return sum;
}

std::vector<double> logs_of(std::span<const double> values) {
  std::vector<double> logs;
  for (const double value : values) logs.push_back(std::log(value));
  return logs;
}

}  // namespace

std::optional<double> coefficient_of_variation(std::span<const double> values) {
  if (values.size() < 2) return std::nullopt;
  const double mean = mean_of(values);
  if (!(mean > 0)) return std::nullopt;
  return std::sqrt(sum_of_squares(values, mean) / static_cast<double>(values.size() - 1)) / mean;
}

std::optional<double> lag1_autocorrelation(std::span<const double> values) {
  if (values.size() < 3) return std::nullopt;
  const double mean = mean_of(values);
  const double all = sum_of_squares(values, mean);
  if (!(all > 0)) return std::nullopt;
  double shared = 0;
  for (std::size_t i = 1; i < values.size(); ++i) {
    shared += (values[i - 1] - mean) * (values[i] - mean);
  }
  return shared / all;
}

work_resolution resolution_of(const paired_times& times, double alpha) {
  work_resolution found;
  found.name = times.name;
  found.kind = times.kind;
  found.not_run = times.not_run;
  if (!found.not_run && times.a.empty()) found.not_run = "there was no time for a single pair";
  if (found.not_run) return found;
  found.epoch = median(times.in_run_order).value_or(0);
  found.pairs = times.a.size();
  found.variation = coefficient_of_variation(times.in_run_order).value_or(0);
  found.lag1 = lag1_autocorrelation(logs_of(times.in_run_order));
  std::vector<double> ratios, logs;
  margin_test test(0);
  for (std::size_t i = 0; i < times.a.size(); ++i) {
    ratios.push_back(times.a[i] / times.b[i]);
    logs.push_back(std::log(ratios.back()));
    test.add(times.a[i], times.b[i]);
  }
  found.lag1_pairs = lag1_autocorrelation(logs);
  found.ratio = ratio_interval(times.a, times.b, 1 - alpha);
  // Either side may reject with half of the error.
  found.rejected = std::max(test.e_greater(), test.e_less()) >= 2 / alpha;
  found.detectable = detectable_effect(ratios, {.margin = 0});
  found.detectable_beyond_margin = detectable_effect(ratios, {});
  return found;
}

}  // namespace regatta::doctor
