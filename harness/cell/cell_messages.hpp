// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/backend.hpp"
#include "harness/run_result.hpp"

namespace regatta {

// What the runner and a cell's process say to each other: JSON objects, a packet each, over a
// SOCK_SEQPACKET pair on descriptor cell_socket. The dataset lies in the file on dataset_file.
constexpr int cell_socket = 3;
constexpr int dataset_file = 4;
/// To be raised with every change to what is said here: a gate starts the cells of other builds.
constexpr int cell_protocol = 3;

/// What a build says of itself.
struct cell_introduction {
  int protocol = cell_protocol;
  std::vector<std::string> workloads, backends;  ///< names of those it has
};

struct cell_start {
  std::string workload;
  workload_options options;
  backend_choice choice;
  unsigned in_flight = 1;
  endpoint_map endpoints;
  std::string api_key;
  std::size_t max_answer_bytes = 0;
  std::vector<digest> key;   ///< empty: answers are not checked
  bool with_answers = true;  ///< for the reference: false builds the dataset only
  /// See run_plan::blocked_over.
  std::optional<std::chrono::nanoseconds> blocked_over = std::nullopt;
  lock_model lock = lock_model::none;
};

/// The serial reference's findings.
struct reference_result {
  std::size_t dataset_bytes = 0;
  std::size_t max_answer_bytes = 0;
  std::vector<digest> key;
};

struct cell_ready {
  double startup = 0;       ///< seconds
  double dataset_load = 0;  ///< seconds
  backend_facts facts;
};

/// An epoch_result without the single latencies, which stay in the cell.
struct epoch_report {
  epoch_result result;
  std::optional<double> p50, p99;
  std::optional<double> median_service;  ///< of all items, in the window or not
  std::optional<double> cpu_per_item;    ///< seconds, ramp and drain included
};

struct cell_summary {
  latency_summary latency;
  std::optional<usage_per_item> usage;
  backend_facts facts;
  std::optional<std::vector<finding>> findings;  ///< see cell_result::findings
  std::vector<measure> measures;
};

/// What a summary says becomes the result's.
void take_over(cell_result& result, cell_summary summary);

void to_json(nlohmann::json& json, const cell_introduction& value);
void from_json(const nlohmann::json& json, cell_introduction& value);
void to_json(nlohmann::json& json, const cell_start& value);
void from_json(const nlohmann::json& json, cell_start& value);
void to_json(nlohmann::json& json, const reference_result& value);
void from_json(const nlohmann::json& json, reference_result& value);
void to_json(nlohmann::json& json, const cell_ready& value);
void from_json(const nlohmann::json& json, cell_ready& value);
void to_json(nlohmann::json& json, const epoch_plan& value);
void from_json(const nlohmann::json& json, epoch_plan& value);
void to_json(nlohmann::json& json, const epoch_report& value);
void from_json(const nlohmann::json& json, epoch_report& value);
void to_json(nlohmann::json& json, const cell_summary& value);
void from_json(const nlohmann::json& json, cell_summary& value);

}  // namespace regatta
