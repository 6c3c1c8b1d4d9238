// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "harness/backend_info.hpp"
#include "harness/diagnostics/loop_monitor/loop_health.hpp"
#include "harness/service/service_metrics.hpp"

namespace regatta {

/// What a server knows about itself at one moment.
struct service_state {
  std::string backend;
  std::size_t most_requests = 0;
  std::size_t requests_inside = 0;  ///< admitted: in service or waiting
  bool draining = false;
  bool llm_reachable = true;
  backend_facts facts;
  std::vector<loop_health> loops;
};

/// For GET /metrics: the text format 0.0.4 of Prometheus. Pure.
std::string metrics_text(const service_metrics& metrics, const service_state& now);

/// The content type that goes with it.
constexpr const char* metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace regatta
