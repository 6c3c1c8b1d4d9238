// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "harness/run_plan.hpp"
#include "harness/workload.hpp"

namespace regatta {

/// A server or file that workloads need while they run, started once for a whole run and shared by
/// all cells. Its own CPU time and memory are nobody's: no cell is charged for them.
class running_service {
 public:
  virtual ~running_service() = default;
  /// What goes into endpoint_map under the service's name.
  virtual std::string endpoint() const = 0;
  /// The same for the cells of one workload, which may have to share what the service can give.
  virtual std::string endpoint_for(const workload_plan&) const { return endpoint(); }
  /// What it is and which version, for the report's environment; empty: nothing to say.
  virtual std::string description() const { return {}; }
  /// Why it no longer works ("the mock LLM server (pid 71) was killed by signal 9"), if it does
  /// not.
  virtual std::optional<std::string> failure() = 0;
};

struct service_options {
  std::uint64_t seed = 1;
  dataset_scale scale = dataset_scale::standard;
  std::filesystem::path directory;              ///< private to this run, removed after it
  std::map<std::string, std::string> settings;  ///< "latency" → "200ms": the suite's, per service
  std::string database = {};                    ///< see run_plan::database
};

using service_starter = std::unique_ptr<running_service> (*)(const service_options&);

/// For a service that has no settings: throws std::invalid_argument if it was given one.
void refuse_settings(const service_options& options, const std::string& service);

const std::map<std::string, service_starter>& services();
void register_service(std::string name, service_starter starter);

struct service_registration {
  service_registration(std::string name, service_starter starter) {
    register_service(std::move(name), starter);
  }
};

}  // namespace regatta
