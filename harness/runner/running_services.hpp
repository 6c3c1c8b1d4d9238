// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/endpoints.hpp"
#include "harness/run_plan.hpp"
#include "harness/service.hpp"

namespace regatta {

/// The services of a run, each started when a workload first needs it, in a directory that is
/// removed with this object. Thread safety: one thread.
class running_services {
 public:
  explicit running_services(const run_plan& plan);
  ~running_services();
  running_services(const running_services&) = delete;
  running_services& operator=(const running_services&) = delete;

  /// Throws what a service throws when it cannot start.
  endpoint_map endpoints_for(const workload_plan& plan, const std::vector<std::string>& needs);
  /// Of a service that a workload has needed; nullopt: none has, or it has nothing to say of
  /// itself.
  std::optional<std::string> description(const std::string& name) const;
  /// What is wrong with one of `needs`, as a sentence; nullopt if all are well. A service that
  /// failed is started anew when it is asked for next.
  std::optional<std::string> failure(const std::vector<std::string>& needs);

 private:
  const run_plan& plan_;
  std::filesystem::path directory_;
  std::map<std::string, std::unique_ptr<running_service>> running_;  ///< by name and scale
  std::map<std::string, std::string> keys_;                          ///< service → key last used
};

}  // namespace regatta
