// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/endpoints.hpp"
#include "harness/lock_model.hpp"
#include "harness/workload_info.hpp"

namespace regatta {

/// A backend with its options: "process:start=spawn,chunk=8".
struct backend_choice {
  std::string backend;
  std::map<std::string, std::string> options;  ///< all of the backend's, resolved
  std::string label;                           ///< as the user wrote it
  /// Instead of the plan's: only for what measures the models against each other.
  std::optional<lock_model> lock = std::nullopt;
};

struct workload_plan {
  std::string workload;
  workload_options options;
  unsigned in_flight = 1;
  std::optional<double> rate;  ///< open loop, items per second
  std::vector<backend_choice> backends;
};

/// What the approaches are raced by.
enum class objective {
  throughput,  ///< right answers per second; in an open loop, where that is the load's, p99
  p99,         ///< of latency; in a closed loop of what an item takes from claim to answer
  cpu,         ///< CPU time per item, of all the cell's processes
  memory       ///< PSS of the cell's processes at its peak
};

/// What an approach must keep to be recommended at all, however fast it is.
struct constraints {
  std::optional<double> slo_p99 = std::nullopt;            ///< seconds
  std::optional<std::uint64_t> max_memory = std::nullopt;  ///< bytes of PSS at the peak
  bool isolate = false;         ///< an item that crashes must not take others along
  bool sync_libraries = false;  ///< items may call code that blocks
  bool any() const { return slo_p99 || max_memory || isolate || sync_libraries; }
};

/// All that a run does, decided before it does any of it.
struct run_plan {
  std::string suite;
  std::vector<workload_plan> workloads;
  std::chrono::milliseconds budget{50'000};        ///< for the whole run, the card included
  std::chrono::milliseconds card_budget{2'000};    ///< 0: no machine card
  std::chrono::milliseconds item_timeout{30'000};  ///< beyond the epoch's own length
  unsigned most_blocks = 1000;                     ///< stop sooner than the budget
  double confidence = 0.95;
  double practical_difference = 0.05;  ///< δ: ratios nearer to 1 do not matter
  objective by = objective::throughput;
  constraints required;
  /// Losers are dropped as soon as they are known, and a workload that is settled ends. False:
  /// every rival runs in every block until the budget ends.
  bool race = true;
  /// What keeps an event loop for longer is a finding of its cell. nullopt: nobody looks.
  std::optional<std::chrono::milliseconds> blocked_over = std::nullopt;
  /// What Python-like code holds while it runs, in every process of every cell.
  lock_model lock = lock_model::none;
  std::uint64_t seed = 1;
  std::map<std::string, std::string> service_settings;
  endpoint_map external_endpoints;  ///< used instead of starting the service
  std::string api_key;              ///< for them; never written to a report
  /// Which database workloads query: empty is SQLite, "postgresql" a private PostgreSQL server that
  /// the run starts, else the connection URL of one. May hold a password: never written to a
  /// report.
  std::string database;
};

}  // namespace regatta
