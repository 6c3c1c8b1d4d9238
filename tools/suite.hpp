// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/run_plan.hpp"

namespace regatta {

/// What the command line of `regatta run` says, unchecked.
struct run_request {
  std::string suite = "quick";                ///< quick, standard, full or a file's path
  std::vector<std::string> workload_filters;  ///< globs
  std::vector<std::string> backend_filters;   ///< globs, or one backend with options
  std::optional<unsigned> in_flight;
  std::optional<double> rate;
  std::optional<std::string> budget;
  std::optional<std::string> item_timeout;
  std::optional<std::uint64_t> seed;
  std::optional<std::string> scale;
  std::optional<std::filesystem::path> input;
  std::optional<std::string> endpoint;
  std::optional<std::string> api_key_variable;
  std::optional<std::string> model;
  std::optional<std::string> database;        ///< "sqlite", "postgresql" or a connection URL
  std::vector<std::string> service_settings;  ///< "llm.ttft=200ms"
  std::vector<std::string> parameters;        ///< of workloads: "payload=1024"
  std::optional<unsigned> blocks;
  std::optional<std::string> by;                 ///< the objective
  std::optional<std::string> slo;                ///< "p99=50ms"
  std::vector<std::string> must;                 ///< "isolate", "sync-libraries"
  std::optional<std::string> max_memory;         ///< "512MiB"
  std::optional<std::string> confidence, delta;  ///< shares: "0.95", "5%"
  std::optional<std::string> lock;               ///< the interpreter-lock model
  std::vector<std::string> external;             ///< commands of adapters
  bool race = true;
  bool machine_card = true;
  bool monitor = true;
};

/// Turns a request into a plan, or throws usage_error with one sentence that says what to do.
run_plan make_plan(const run_request& request);

/// "50s", "1500ms", "2m". Throws usage_error that names `what`.
std::chrono::milliseconds parse_duration(const std::string& what, const std::string& text);

}  // namespace regatta
