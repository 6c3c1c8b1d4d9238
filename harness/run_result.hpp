// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/backend_info.hpp"
#include "harness/environment.hpp"
#include "harness/finding.hpp"
#include "harness/machine_card.hpp"
#include "harness/measure.hpp"
#include "harness/outcome.hpp"
#include "harness/run_plan.hpp"
#include "harness/statistics/quantile.hpp"

namespace regatta {

/// One epoch of one cell, as it was measured.
struct epoch_sample {
  unsigned block = 0;     ///< rivals with the same number ran side by side
  unsigned position = 0;  ///< in the randomised order of the block
  double at = 0;          ///< seconds since the run began
  double elapsed = 0;     ///< seconds, ramp and drain included
  double throughput = 0;  ///< right answers per second
  std::uint64_t items = 0;
  std::uint64_t failures = 0;
  std::uint64_t unserved = 0;
  std::optional<double> p50, p99;      ///< seconds
  std::optional<double> cpu_per_item;  ///< seconds, of all the cell's processes
  std::optional<std::uint64_t> pss;    ///< bytes, sampled only if memory is the objective
  std::optional<double> steal;  ///< share of the machine's busy time that was stolen meanwhile
};

/// Latency over all measured epochs, in seconds. What the sample is too small for is unknown.
struct latency_summary {
  std::uint64_t count = 0;
  std::optional<double> p50, p90, p99, p999, max;
  std::optional<interval> p50_interval, p99_interval;  ///< 95 %
};

/// Use of resources by the cell and its workers over the measured epochs, per answered item.
struct usage_per_item {
  double user_seconds = 0, system_seconds = 0;
  double voluntary_switches = 0, involuntary_switches = 0;
  double minor_faults = 0, major_faults = 0;
};

/// Memory of the cell's processes together, in bytes.
struct memory_summary {
  std::uint64_t peak_resident = 0;           ///< sum of VmHWM: shared pages count in each process
  std::optional<std::uint64_t> idle_pss;     ///< before the first item
  std::optional<std::uint64_t> peak_pss;     ///< largest seen under load
  std::optional<double> per_item_in_flight;  ///< (peak_pss - idle_pss) / items in service
  unsigned processes = 1;
  unsigned threads = 1;
  std::uint64_t kernel_bytes = 0;  ///< page tables and kernel stacks (16 KiB a thread)
};

struct cell_result {
  backend_choice choice;
  backend_info info;
  outcome ended = outcome::ok;
  std::string reason;                  ///< a sentence, unless ok
  std::optional<double> startup;       ///< seconds until all workers were ready
  std::optional<double> dataset_load;  ///< seconds to have the dataset in memory
  backend_facts facts;
  std::vector<epoch_sample> epochs;  ///< in run order; empty unless ok
  /// Dropped from the race after this block, because `beaten_by` is ahead of it by more than δ.
  /// (Counted from 0, as epoch_sample::block.)
  std::optional<unsigned> eliminated_after;
  std::string beaten_by;  ///< a label; empty unless eliminated
  latency_summary latency;
  std::optional<usage_per_item> usage;
  std::optional<memory_summary> memory;
  std::uint64_t items = 0;
  std::uint64_t failures = 0;
  std::string first_failure;
  /// What the loop monitor noticed. Empty: nothing; nullopt: it was off, or there was no event loop
  /// to watch.
  std::optional<std::vector<finding>> findings;
  std::vector<measure> measures;  ///< in the order of their names; empty unless ok

  bool ok() const { return ended == outcome::ok && !epochs.empty(); }
};

/// How a workload's race ended, and what it cost.
struct race_receipt {
  bool settled = false;  ///< a winner or a tie set, before the budget was used up
  std::string
      ended;  ///< why it ended, as a clause: "every other approach is behind by more than 5 %"
  std::uint64_t epochs = 0;  ///< measured, over all rivals
  double seconds = 0;        ///< in which they ran
  /// What complete blocks of all rivals up to the last one that was run would have cost: the same
  /// epochs for everybody, as a design without elimination needs them. (An approach that failed or
  /// that a constraint rules out is counted as it ran.)
  std::uint64_t fixed_epochs = 0;
  double fixed_seconds = 0;  ///< by the mean cost of an epoch of each rival
};

struct workload_result {
  workload_plan plan;
  workload_info info;
  std::uint64_t distinct_items = 0;
  std::size_t dataset_bytes = 0;
  bool verified = true;  ///< false: a real endpoint, whose answers nobody can know beforehand
  std::optional<std::string> not_run;  ///< why nothing was measured at all
  unsigned blocks = 0;
  double window = 0;                 ///< seconds, of the last epochs; the first may be shorter
  double seconds = 0;                ///< spent on this workload
  std::optional<race_receipt> race;  ///< nullopt when nothing was measured
  std::vector<cell_result> cells;
};

struct run_result {
  run_plan plan;
  environment where;
  std::optional<machine_card> card;
  std::vector<workload_result> workloads;
  double seconds = 0;
  bool interrupted = false;
  std::optional<throttling> throttled;  ///< during the run
  std::optional<double> stolen;         ///< during the run
  std::vector<std::string> warnings;

  bool complete() const;
};

}  // namespace regatta
