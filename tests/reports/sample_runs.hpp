// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "harness/run_result.hpp"
#include "reports/recommendation.hpp"

namespace regatta::test {

/// Runs made of random numbers that look like measured ones: a neighbour's noise that hits a whole
/// block, an approach's own noise, latencies, memory and stolen time. The same seed, the same run.
class sample_runs {
 public:
  explicit sample_runs(std::uint64_t seed) : random_(seed) {}

  struct arm {
    std::string label;
    double speed = 1;
    unsigned blocks = 0;  ///< 0: all of them
    int complexity = 1;
  };

  workload_result workload(const std::string& name, unsigned in_flight, unsigned blocks,
                           const std::vector<arm>& arms) {
    workload_result made;
    made.plan.workload = made.info.name = name;
    made.plan.in_flight = in_flight;
    made.info.kind = work_kind::mixed;
    made.info.summary = "retrieval, then a completion";
    made.blocks = blocks;
    made.window = 0.05;
    made.seconds = 0.05 * blocks * static_cast<double>(arms.size());
    std::vector<double> noise;
    for (unsigned block = 0; block < blocks; ++block) noise.push_back(std::exp(0.2 * normal()));
    for (const arm& each : arms) {
      made.cells.push_back(cell(each, noise, arms.size()));
      made.plan.backends.push_back(made.cells.back().choice);
    }
    race_receipt receipt;
    receipt.ended = "those left are within 5 % of the best";
    for (const cell_result& each : made.cells) receipt.epochs += each.epochs.size();
    receipt.seconds = 0.05 * static_cast<double>(receipt.epochs);
    receipt.fixed_epochs = blocks * arms.size();
    receipt.fixed_seconds = 0.05 * static_cast<double>(receipt.fixed_epochs);
    made.race = receipt;
    return made;
  }

  /// All backends, some of them as good as the best.
  std::vector<arm> arms(std::size_t count) {
    static const std::vector<std::string> names{
        "coroutine",     "coroutine-mt",      "thread",        "thread-per-item",
        "tbb",           "process",           "shared-memory", "coroutine+thread",
        "coroutine+tbb", "coroutine+process", "serial"};
    std::vector<arm> made;
    for (std::size_t i = 0; i < count; ++i) {
      const double speed =
          std::uniform_int_distribution(0, 2)(random_) == 0 ? 1 : 1 / uniform(1, 2.5);
      made.push_back({names[i % names.size()], speed, 0, static_cast<int>(i % 4)});
    }
    return made;
  }

  double uniform(double low, double high) {
    return std::uniform_real_distribution(low, high)(random_);
  }

 private:
  double normal() { return std::normal_distribution()(random_); }

  cell_result cell(const arm& each, const std::vector<double>& noise, std::size_t arms) {
    cell_result made;
    made.choice = {each.label, {}, each.label};
    made.info.name = each.label;
    made.info.summary = "an approach";
    made.info.complexity = each.complexity;
    made.info.isolates = each.label.find("process") != std::string::npos;
    made.startup = 1e-3 * std::exp(normal());
    made.facts.workers = 2;
    made.facts.capacity = 8;
    const std::size_t blocks =
        each.blocks == 0 ? noise.size() : std::min<std::size_t>(each.blocks, noise.size());
    for (std::size_t block = 0; block < blocks; ++block) {
      epoch_sample epoch;
      epoch.block = static_cast<unsigned>(block);
      epoch.position =
          std::uniform_int_distribution<unsigned>(0, static_cast<unsigned>(arms) - 1)(random_);
      epoch.at = 0.05 * (static_cast<double>(block * arms) + epoch.position);
      epoch.elapsed = 0.05 + 1e-4 * std::abs(normal());
      epoch.throughput = 1000 * each.speed * noise[block] * std::exp(0.04 * normal());
      epoch.items = static_cast<std::uint64_t>(epoch.throughput * 0.05 * 10);
      epoch.p50 = 8 / epoch.throughput;
      epoch.p99 = *epoch.p50 * (2 + std::abs(normal()));
      epoch.cpu_per_item = 2 / epoch.throughput * std::exp(0.01 * normal());
      epoch.pss =
          static_cast<std::uint64_t>(2e6 / each.speed + 4096 * std::round(10 * uniform(0, 1)));
      epoch.steal = std::max(0.0, 0.02 * normal());
      made.items += epoch.items;
      made.epochs.push_back(epoch);
    }
    made.latency = {.count = made.items,
                    .p50 = 8e-3 / each.speed,
                    .p90 = 14e-3 / each.speed,
                    .p99 = 25e-3 / each.speed,
                    .p999 = 60e-3 / each.speed,
                    .max = 0.11 / each.speed,
                    .p50_interval = interval{7.9e-3, 8.1e-3},
                    .p99_interval = interval{24e-3, 27e-3}};
    made.usage = usage_per_item{.user_seconds = 2e-3 / each.speed, .system_seconds = 1e-4};
    made.memory = memory_summary{};
    made.memory->peak_resident = 9'000'000;
    made.memory->idle_pss = 1'700'000;
    made.memory->peak_pss = static_cast<std::uint64_t>(2e6 / each.speed);
    made.memory->per_item_in_flight = 18'000;
    made.memory->kernel_bytes = 98'304;
    return made;
  }

  std::mt19937_64 random_;
};

inline std::vector<recommendation> advice_on(const run_result& run) {
  std::vector<recommendation> advice;
  for (const workload_result& each : run.workloads) advice.push_back(recommend(each, run));
  return advice;
}

/// As large as reports get: 18 workloads, 11 backends, 200 blocks.
inline run_result full_suite() {
  sample_runs samples(1);
  run_result run;
  run.plan.suite = "full";
  run.where.cpu_model = "Example CPU";
  run.where.started_at = "2026-01-31T08:05:09Z";
  run.seconds = 1980;
  for (unsigned i = 0; i < 18; ++i) {
    run.workloads.push_back(samples.workload("workload-" + std::to_string(i / 3),
                                             4U << (2 * (i % 3)), 200, samples.arms(11)));
    for (cell_result& cell : run.workloads.back().cells) {
      for (epoch_sample& epoch : cell.epochs) epoch.pss.reset();  // memory is not the objective
    }
  }
  return run;
}

}  // namespace regatta::test
