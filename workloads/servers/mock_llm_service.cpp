// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/mock_llm_service.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "workloads/servers/mock_llm_server.hpp"
#include "workloads/servers/server_process.hpp"

namespace regatta {
namespace {

using namespace std::chrono_literals;

latency_distribution default_latency(dataset_scale scale) {
  const auto mean = scale == dataset_scale::quick      ? 10ms
                    : scale == dataset_scale::standard ? 50ms
                                                       : 200ms;
  return {latency_distribution::shape::lognormal, mean, 0.2};
}

template <class Number>
Number number_setting(const std::string& key, const std::string& text, Number least, Number most) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc{} && stop == end && value >= least && value <= most) return value;
  throw std::invalid_argument(
      fmt::format("setting {}: '{}' is not a number from {} to {}", key, text, least, most));
}

mock_llm_options options_from(const service_options& given) {
  mock_llm_options options;
  options.seed = given.seed;
  options.time_to_first_token = default_latency(given.scale);
  for (const auto& [key, text] : given.settings) {
    if (key == "llm.ttft") {
      options.time_to_first_token = parse_latency_distribution(text);
    } else if (key == "llm.tbt") {
      options.time_between_tokens = parse_latency_distribution(text);
    } else if (key == "documents.latency") {
      options.document_latency = parse_latency_distribution(text);
    } else if (key == "llm.tokens") {
      options.max_tokens = number_setting(key, text, 1U, 32768U);
    } else if (key == "llm.error-rate") {
      options.error_rate = number_setting(key, text, 0.0, 1.0);
    } else if (key == "llm.rate-limit-rate") {
      options.rate_limit_rate = number_setting(key, text, 0.0, 1.0);
    } else if (key.starts_with("llm.") || key.starts_with("documents.")) {
      throw std::invalid_argument(fmt::format(
          "there is no setting '{}'; there are llm.ttft, llm.tbt, llm.tokens, llm.error-rate, "
          "llm.rate-limit-rate and documents.latency",
          key));
    }
  }
  return options;
}

/// Serves "llm", "documents" and "upstream"; a run that needs several has one of each.
class mock_llm_service final : public running_service {
 public:
  explicit mock_llm_service(const service_options& options)
      : server_("the mock LLM server", mock_llm_arguments(options)) {}
  std::string endpoint() const override { return "http://127.0.0.1:" + server_.port(); }
  std::optional<std::string> failure() override { return server_.failure(); }

 private:
  server_process server_;
};

std::unique_ptr<running_service> start(const service_options& options) {
  return std::make_unique<mock_llm_service>(options);
}

const service_registration llm("llm", &start);
const service_registration documents("documents", &start);
/// Another server of whatever latency a request asks for: see /wait of mock_llm_server.
const service_registration upstream("upstream", &start);

}  // namespace

std::vector<std::string> mock_llm_arguments(const service_options& given) {
  const mock_llm_options options = options_from(given);
  return {"mock-llm",
          "--seed",
          std::to_string(options.seed),
          "--ttft",
          to_string(options.time_to_first_token),
          "--tbt",
          to_string(options.time_between_tokens),
          "--document-latency",
          to_string(options.document_latency),
          "--tokens",
          std::to_string(options.max_tokens),
          "--error-rate",
          fmt::format("{}", options.error_rate),
          "--rate-limit-rate",
          fmt::format("{}", options.rate_limit_rate)};
}

}  // namespace regatta
