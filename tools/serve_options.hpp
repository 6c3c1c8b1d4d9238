// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "harness/run_plan.hpp"
#include "harness/service/http_service.hpp"
#include "workloads/mixed/answer_service.hpp"

namespace regatta {

/// What the flags of `regatta serve` say, as text where it has a form of its own.
struct serve_request {
  std::string backend = "coroutine+process";
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  unsigned workers = 0;
  std::optional<std::string> llm_url;
  std::optional<std::string> api_key_variable;
  std::string model = "regatta-mock";
  std::optional<std::string> llm_latency;
  std::optional<std::string> llm_error_rate;
  std::optional<std::string> llm_rate_limit_rate;
  unsigned llm_limit = 50;
  unsigned max_tokens = 32;
  std::size_t max_requests = 2000;
  std::size_t max_connections = 2000;
  std::string max_body = "1MiB";
  std::string request_timeout = "30s";
  std::string client_timeout = "10s";
  std::string idle_timeout = "60s";
  std::string drain_timeout = "25s";
  std::string threshold = "20ms";
};

/// The same, checked: what `regatta serve` does.
struct serve_plan {
  backend_choice choice;
  http_service_options service;
  answer_settings settings;
  std::string model;
  std::optional<std::string> llm_url;               ///< none: a mock LLM of our own
  std::map<std::string, std::string> llm_settings;  ///< of the mock
  std::string api_key;
};

/// Throws usage_error. Reads the environment variable that has the key.
serve_plan plan_service(const serve_request& request);

}  // namespace regatta
