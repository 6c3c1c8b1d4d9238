// SPDX-License-Identifier: Apache-2.0
#include "tools/serve_options.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <cstdlib>
#include <stdexcept>

#include "harness/http_message.hpp"
#include "tools/backend_choice.hpp"
#include "tools/race_options.hpp"
#include "tools/suite.hpp"
#include "tools/usage_error.hpp"
#include "workloads/servers/latency_distribution.hpp"

namespace regatta {
namespace {

using namespace std::chrono_literals;

std::chrono::milliseconds duration(const char* flag, const std::string& text) {
  const std::chrono::milliseconds value = parse_duration(flag, text);
  if (value < 1ms) throw usage_error(fmt::format("{} must be at least 1ms, not '{}'", flag, text));
  return value;
}

template <class Number>
Number from_one(const char* flag, Number value) {
  if (value < 1) throw usage_error(fmt::format("{} must be at least 1", flag));
  return value;
}

// Workers are replaced while the server has threads, of which no copy may be made: a small process
// made before them does it in less than a millisecond, a program started anew takes tens.
backend_choice with_quick_replacements(backend_choice choice) {
  const auto start = choice.options.find("start");
  const bool chosen = choice.label.find("start=") != std::string::npos;
  if (start != choice.options.end() && !chosen) start->second = "forkserver";
  return choice;
}

std::map<std::string, std::string> mock_settings(const serve_request& request) {
  std::map<std::string, std::string> settings;
  const auto set = [&](const char* flag, const char* key, const std::optional<std::string>& text) {
    if (!text) return;
    if (request.llm_url) {
      throw usage_error(fmt::format(
          "{} is for the mock LLM, and --llm-url takes its place: give one of the two", flag));
    }
    settings[key] = *text;
  };
  set("--llm-latency", "llm.ttft", request.llm_latency);
  set("--llm-error-rate", "llm.error-rate", request.llm_error_rate);
  set("--llm-rate-limit-rate", "llm.rate-limit-rate", request.llm_rate_limit_rate);
  settings.emplace("llm.ttft", "lognormal:200ms:0.25");
  try {
    parse_latency_distribution(settings.at("llm.ttft"));
  } catch (const std::invalid_argument& error) {
    throw usage_error(fmt::format("--llm-latency: {}", error.what()));
  }
  return settings;
}

std::string key_of(const serve_request& request) {
  if (!request.api_key_variable) return {};
  if (!request.llm_url) {
    throw usage_error("--api-key-env is for a real server: name it with --llm-url");
  }
  const char* const key = std::getenv(request.api_key_variable->c_str());
  if (key == nullptr) {
    throw usage_error("the environment variable " + *request.api_key_variable + " is not set");
  }
  return key;
}

void check_addresses(const serve_request& request) {
  unsigned char bytes[16];
  const char* const address = request.address.c_str();
  if (::inet_pton(AF_INET, address, bytes) != 1 && ::inet_pton(AF_INET6, address, bytes) != 1) {
    throw usage_error(fmt::format(
        "--address takes an address of this machine like 127.0.0.1, 0.0.0.0 or ::1, not '{}'",
        address));
  }
  if (!request.llm_url) return;
  try {
    parse_origin(*request.llm_url);
  } catch (const std::invalid_argument& error) {
    throw usage_error(fmt::format("--llm-url: {}", error.what()));
  }
}

}  // namespace

serve_plan plan_service(const serve_request& request) {
  check_addresses(request);
  serve_plan plan;
  plan.choice = with_quick_replacements(parse_backend(request.backend));
  plan.model = request.model;
  plan.llm_url = request.llm_url;
  plan.llm_settings = mock_settings(request);
  plan.api_key = key_of(request);
  plan.settings = {
      .llm_calls = from_one("--llm-limit", request.llm_limit),
      .timeout_ns =
          std::chrono::nanoseconds(duration("--request-timeout", request.request_timeout)).count(),
      .max_tokens = from_one("--max-tokens", request.max_tokens),
      .errors_are_answers = 1};
  plan.service = {
      .backend = plan.choice.backend,
      .most_requests = from_one("--max-requests", request.max_requests),
      .workers = request.workers,
      .calls = request.llm_limit,
      .request_timeout = duration("--request-timeout", request.request_timeout),
      .drain_limit = duration("--drain-timeout", request.drain_timeout),
      .blocked_over = duration("--threshold", request.threshold),
      .front = {.address = request.address,
                .port = request.port,
                .most_connections = from_one("--max-connections", request.max_connections),
                .most_body_bytes = parse_bytes("--max-body", request.max_body),
                .idle_timeout = duration("--idle-timeout", request.idle_timeout),
                .client_timeout = duration("--client-timeout", request.client_timeout)}};
  return plan;
}

}  // namespace regatta
