// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "harness/run_result.hpp"

namespace regatta::test {

/// A cell that ended well, with these throughputs in blocks 0, 1, 2 …
inline cell_result cell(const std::string& label, const std::vector<double>& throughputs) {
  cell_result made;
  made.choice = {label, {}, label};
  made.info.name = label;
  for (const double each : throughputs) {
    epoch_sample epoch;
    epoch.block = static_cast<unsigned>(made.epochs.size());
    epoch.throughput = each;
    epoch.items = 10;
    made.items += epoch.items;
    made.epochs.push_back(epoch);
  }
  return made;
}

inline cell_result with_cost(cell_result made, double cpu_seconds, std::uint64_t memory,
                             int complexity) {
  made.usage = usage_per_item{.user_seconds = cpu_seconds};
  made.memory = memory_summary{};
  made.memory->peak_pss = memory;
  made.info.complexity = complexity;
  return made;
}

inline cell_result ended(const std::string& label, outcome how, const std::string& reason) {
  cell_result made = cell(label, {});
  made.ended = how;
  made.reason = reason;
  return made;
}

/// A loop that computed for 9.31 s of its time.
inline finding blocked_loop() {
  return {.kind = finding_kind::blocked_loop,
          .sentence = "An event loop was blocked for more than 10 ms 312 times.",
          .threshold = 0.01,
          .stretches = 312,
          .blocked = 9.31,
          .longest = 0.0412,
          .items = 1204,
          .looked_at = 14,
          .cause = "computing",
          .function = "encode",
          .place = "/src/workloads/cpu/tokenize.cpp:88"};
}

inline measure first_tokens() {
  return {.name = "time to first token",
          .count = 1200,
          .sum = 12.5,
          .p50 = 0.01,
          .p90 = 0.0125,
          .p99 = 0.02,
          .max = 0.031};
}

inline cell_result with_measures(cell_result made, std::vector<measure> taken) {
  made.measures = std::move(taken);
  return made;
}

/// A cell whose loops were watched, over epochs of a second each.
inline cell_result with_findings(cell_result made, std::vector<finding> found) {
  made.findings = std::move(found);
  for (epoch_sample& epoch : made.epochs) epoch.elapsed = 1;
  return made;
}

/// Twenty blocks around `middle`, with a little noise that is the same for all.
inline std::vector<double> around(double middle, std::size_t blocks = 20) {
  std::vector<double> values;
  for (std::size_t i = 0; i < blocks; ++i) {
    values.push_back(middle * (1 + 0.001 * static_cast<double>(i % 7)));
  }
  return values;
}

inline workload_result measured(std::vector<cell_result> cells) {
  workload_result made;
  made.plan.workload = "tokenize";
  made.plan.in_flight = 8;
  made.info.name = "tokenize";
  made.cells = std::move(cells);
  made.blocks = made.cells.empty() ? 0 : static_cast<unsigned>(made.cells.front().epochs.size());
  return made;
}

}  // namespace regatta::test
