// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/replay/backend_prediction.hpp"
#include "harness/replay/service_model.hpp"
#include "harness/run_result.hpp"

namespace regatta {

/// What a backend takes for a request that computes nothing: its own dispatching, and its client's
/// side of the upstream calls.
struct replay_overhead {
  std::string backend;
  std::optional<double> cpu;  ///< seconds a request
  std::string missing;        ///< why it is not known, as a sentence; or empty
};

/// How the replay was set, so that its requests cost what the service's did.
struct replay_calibration {
  std::vector<replay_overhead> overheads;
  double own_overhead = 0;  ///< of the service's own shape
  double cpu_factor = 1;    ///< on the CPU time of the phases
  double sleep_factor = 1;  ///< on what looked like sleep: see sleep_without_queueing()
  double wait_trim = 0;     ///< seconds that a replayed wait takes of itself
};

/// The service as it is, replayed, against what was profiled: medians of its epochs, so that what
/// else the machine does for a moment counts little.
struct replay_fidelity {
  backend_choice own;
  std::string why;             ///< that backend: a clause
  std::optional<double> rate;  ///< open loop, per second; nullopt: closed, `in_flight` at a time
  unsigned in_flight = 1;
  double profiled_throughput = 0, replayed_throughput = 0;   ///< per second
  std::optional<double> profiled_latency, replayed_latency;  ///< seconds, median
  double profiled_cpu = 0;                                   ///< seconds a request
  std::optional<double> replayed_cpu;
  double most_off = 0.15;
  std::vector<double>
      each_off;  ///< off() of each replay; there is more than one if the first is off

  /// The largest relative difference of throughput and latency.
  double off() const;
  bool good() const { return off() <= most_off; }
};

/// One load that the approaches were raced under.
struct raced_load {
  std::string name;                           ///< "half the load"
  std::optional<double> rate = std::nullopt;  ///< open loop; nullopt: closed
  unsigned in_flight = 1;
  std::string skipped = {};  ///< why it was not raced, as a sentence; or empty
  std::optional<std::size_t> place = std::nullopt;  ///< in run_result::workloads
};

struct service_race_result {
  std::string source;  ///< of the profile
  service_demand demand;
  pool_shape pool;
  unsigned cpus = 1;
  replay_calibration calibration;
  std::optional<replay_fidelity> fidelity;
  std::vector<backend_prediction> predictions;  ///< the most throughput at the knee first
  unsigned knee = 1;  ///< requests in flight where the best of them must begin to queue
  std::vector<raced_load> loads;
  run_result run;         ///< of the loads
  std::string no_advice;  ///< why nothing is recommended, as a sentence; or empty
  bool interrupted = false;
  double seconds = 0;
};

}  // namespace regatta
