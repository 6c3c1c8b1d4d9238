// SPDX-License-Identifier: Apache-2.0
#include "harness/replay/service_model.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "harness/digest.hpp"
#include "harness/statistics/quantile.hpp"

namespace regatta {
namespace {

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

std::uint64_t total_count(const service_model& model) {
  std::uint64_t sum = 0;
  for (const request_class& each : model.classes) sum += each.count;
  return sum;
}

// What a thread does for one request at one go: CPU and what holds it, between waits.
struct visit_sums {
  double weight = 0, sum = 0, squares = 0;

  void add(double time, double by) {
    if (time <= 0) return;
    weight += by;
    sum += by * time;
    squares += by * time * time;
  }
  double variation() const {
    if (weight <= 0 || sum <= 0) return 1;
    const double mean = sum / weight;
    return std::max(0.0, squares / weight / (mean * mean) - 1);
  }
};

void add_sample(service_demand& demand, visit_sums& visits, const request_sample& sample,
                double weight) {
  demand.cpu += weight * seconds(sample.cpu);
  demand.queue += weight * seconds(sample.queue);
  demand.latency += weight * seconds(sample.latency);
  demand.bytes_in += weight * static_cast<double>(sample.bytes_in);
  demand.bytes_out += weight * static_cast<double>(sample.bytes_out);
  double visit = 0;
  for (const request_phase& phase : sample.phases) {
    const double waited = phase.kind == phase_kind::cpu ? 0 : seconds(phase.wall - phase.cpu);
    visit += seconds(phase.cpu);
    if (holds_its_thread(phase.kind)) {
      demand.held += weight * waited;
      visit += waited;
    } else {
      demand.waiting += weight * waited;
      demand.waits += weight;
      if (phase.kind == phase_kind::sleep) demand.asleep += weight * waited;
      visits.add(std::exchange(visit, 0), weight);
    }
  }
  visits.add(visit, weight);
}

struct weighted_value {
  double value, weight;
};

// The same rule as quantile(): some value that was seen, and none of a sample too small to show it.
std::optional<double> weighted_quantile(const std::vector<weighted_value>& sorted, double p) {
  const double least = 1 / static_cast<double>(std::max<std::size_t>(1, sorted.size()));
  if (p < least || 1 - p < least) return std::nullopt;
  double below = 0;
  for (const weighted_value& each : sorted) {
    below += each.weight;
    if (below >= p * (1 - 1e-12)) return each.value;
  }
  return std::nullopt;
}

}  // namespace

service_demand demand_of(const service_model& model) {
  service_demand demand;
  const auto all = static_cast<double>(std::max<std::uint64_t>(1, total_count(model)));
  demand.beside = seconds(model.cpu_beside);
  visit_sums visits;
  std::vector<weighted_value> latencies;
  for (const request_class& each : model.classes) {
    demand.rate += each.rate;
    if (each.samples.empty()) continue;
    demand.samples += each.samples.size();
    const double weight =
        static_cast<double>(each.count) / all / static_cast<double>(each.samples.size());
    for (const request_sample& sample : each.samples) {
      add_sample(demand, visits, sample, weight);
      latencies.push_back({seconds(sample.latency), weight});
    }
  }
  demand.variation = visits.variation();
  std::sort(latencies.begin(), latencies.end(),
            [](const auto& one, const auto& other) { return one.value < other.value; });
  demand.latency_p50 = weighted_quantile(latencies, 0.5);
  demand.latency_p99 = weighted_quantile(latencies, 0.99);
  demand.concurrency =
      model.pool.concurrency_mean > 0 ? model.pool.concurrency_mean : demand.rate * demand.latency;
  return demand;
}

std::optional<double> cpu_share(const service_demand& demand) {
  const double alone = demand.cpu + demand.held + demand.waiting;
  if (!(alone > 0)) return std::nullopt;
  return demand.cpu / alone;
}

std::vector<const request_sample*> draw_samples(const service_model& model, std::size_t count,
                                                std::uint64_t seed) {
  std::vector<const request_sample*> drawn;
  const auto all = static_cast<double>(std::max<std::uint64_t>(1, total_count(model)));
  for (std::size_t c = 0; c < model.classes.size(); ++c) {
    const request_class& each = model.classes[c];
    std::vector<std::size_t> order(each.samples.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](std::size_t one, std::size_t other) {
      const auto key = [&](std::size_t i) { return mix64(mix64(seed + c) ^ i); };
      return key(one) < key(other);
    });
    const double wanted = static_cast<double>(count) * static_cast<double>(each.count) / all;
    const auto share = std::max<std::size_t>(1, static_cast<std::size_t>(wanted + 0.5));
    for (std::size_t i = 0; i < share; ++i) drawn.push_back(&each.samples[order[i % order.size()]]);
  }
  // Classes mixed as they come, not one after the other.
  std::vector<std::pair<std::uint64_t, const request_sample*>> mixed;
  for (std::size_t i = 0; i < drawn.size(); ++i)
    mixed.emplace_back(mix64(~seed ^ mix64(i)), drawn[i]);
  std::sort(mixed.begin(), mixed.end());
  std::transform(mixed.begin(), mixed.end(), drawn.begin(),
                 [](const auto& each) { return each.second; });
  return drawn;
}

}  // namespace regatta
