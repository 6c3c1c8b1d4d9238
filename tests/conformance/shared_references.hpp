// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "harness/platform/mapping.hpp"
#include "harness/runner/cell_process.hpp"
#include "harness/runner/running_services.hpp"

namespace regatta::test {

/// A workload's dataset, right answers and services, as the runner makes them.
struct shared_reference {
  workload_options options;
  endpoint_map endpoints;
  unique_fd dataset;
  reference_result result;
};

/// One reference per workload, made when it is first asked for and then shared: it costs more than
/// what is tested with it. The services are as fast as they can be, and end with this object.
class shared_references {
 public:
  /// Of workloads, by name; what is not named is as usual.
  using parameters = std::map<std::string, std::map<std::string, double>>;
  /// `database`: see run_plan::database.
  explicit shared_references(parameters own = {}, const std::string& database = {})
      : own_(std::move(own)), plan_(fast_services(database)) {}

  const shared_reference& of(const std::string& workload) {
    auto found = references_.find(workload);
    if (found == references_.end()) found = references_.emplace(workload, make(workload)).first;
    return found->second;
  }

 private:
  static run_plan fast_services(const std::string& database) {
    run_plan plan;
    plan.database = database;
    plan.service_settings = {{"llm.ttft", "1ms"},
                             {"llm.tbt", "10us"},
                             {"llm.tokens", "4"},
                             {"documents.latency", "1ms"}};
    return plan;
  }

  shared_reference make(const std::string& workload) {
    workload_plan plan;
    plan.workload = workload;
    plan.options.scale = dataset_scale::quick;
    if (const auto own = own_.find(workload); own != own_.end()) {
      plan.options.parameters = own->second;
    }
    shared_reference made;
    made.options = plan.options;
    made.endpoints = services_.endpoints_for(plan, workloads().at(workload).info.needs);
    made.dataset = memory_file(0);
    cell_start request;
    request.workload = workload;
    request.options = made.options;
    request.endpoints = made.endpoints;
    cell_process process(made.dataset.get(), [] { return false; });
    made.result = process.reference(request, std::chrono::seconds(60));
    return made;
  }

  const parameters own_;
  const run_plan plan_;
  running_services services_{plan_};
  std::map<std::string, shared_reference> references_;
};

}  // namespace regatta::test
