// SPDX-License-Identifier: Apache-2.0
#include "harness/runner/running_services.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

namespace regatta {

running_services::running_services(const run_plan& plan) : plan_(plan) {
  std::string pattern = (std::filesystem::temp_directory_path() / "regatta-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(),
                            "creating a temporary directory like " + pattern);
  }
  directory_ = pattern;
}

running_services::~running_services() {
  running_.clear();
  std::error_code ignored;  // a destructor reports nothing; what is left is in the temporary folder
  std::filesystem::remove_all(directory_, ignored);
}

endpoint_map running_services::endpoints_for(const workload_plan& plan,
                                             const std::vector<std::string>& needs) {
  endpoint_map endpoints;
  for (const std::string& name : needs) {
    if (const auto given = plan_.external_endpoints.find(name);
        given != plan_.external_endpoints.end()) {
      endpoints[name] = given->second;
      continue;
    }
    const auto starter = services().find(name);
    if (starter == services().end()) throw std::runtime_error("there is no service '" + name + "'");
    const std::string key = name + "-" + std::to_string(static_cast<int>(plan.options.scale));
    auto& service = running_[key];
    if (service == nullptr || service->failure()) {
      const auto directory = directory_ / key;
      std::filesystem::create_directory(directory);
      service = starter->second({.seed = plan_.seed,
                                 .scale = plan.options.scale,
                                 .directory = directory,
                                 .settings = plan_.service_settings,
                                 .database = plan_.database});
    }
    keys_[name] = key;
    endpoints[name] = service->endpoint_for(plan);
  }
  return endpoints;
}

std::optional<std::string> running_services::description(const std::string& name) const {
  const auto key = keys_.find(name);
  if (key == keys_.end()) return std::nullopt;
  const auto service = running_.find(key->second);
  if (service == running_.end() || service->second == nullptr) return std::nullopt;
  const std::string text = service->second->description();
  return text.empty() ? std::nullopt : std::optional(text);
}

std::optional<std::string> running_services::failure(const std::vector<std::string>& needs) {
  for (const std::string& name : needs) {
    const auto key = keys_.find(name);
    if (key == keys_.end()) continue;
    const auto service = running_.find(key->second);
    if (service == running_.end() || service->second == nullptr) continue;
    if (auto why = service->second->failure()) return why;
  }
  return std::nullopt;
}

}  // namespace regatta
