// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "harness/machine_card.hpp"
#include "harness/statistics/quantile.hpp"

/// How the card measures: short batches, repeated until a share of the budget is spent, and their
/// median, which shrugs off the batches that a neighbour or an interrupt fell into.
namespace regatta::card {

using clock = std::chrono::steady_clock;

constexpr std::size_t fewest_samples = 5;
constexpr std::size_t most_samples = 200;

/// Calls sample() → optional<Value> within the budget; samples without a value (a wake that found
/// nobody asleep) are not counted, and when they are many the measurement is given up.
template <class Sample>
auto collect(std::chrono::nanoseconds budget, Sample sample) {
  std::vector<typename decltype(sample())::value_type> values;
  const auto end = clock::now() + budget;
  for (std::size_t tries = 0; tries < 2 * most_samples && values.size() < most_samples; ++tries) {
    const bool enough = values.size() >= fewest_samples || tries >= 4 * fewest_samples;
    if (enough && clock::now() >= end) break;
    if (const auto value = sample()) values.push_back(*value);
  }
  return values;
}

inline std::optional<double> median_if_enough(const std::vector<double>& values) {
  return values.size() < fewest_samples ? std::nullopt : median(values);
}

inline std::optional<fractional_ns> median_duration(const std::vector<double>& values) {
  const auto middle = median_if_enough(values);
  if (!middle) return std::nullopt;
  return fractional_ns(*middle);
}

/// Nanoseconds of one call, over a batch of `count`.
template <class Operation>
double timed_batch(std::size_t count, Operation operation) {
  const auto begin = clock::now();
  for (std::size_t i = 0; i < count; ++i) operation();
  return fractional_ns(clock::now() - begin).count() / static_cast<double>(count);
}

}  // namespace regatta::card
