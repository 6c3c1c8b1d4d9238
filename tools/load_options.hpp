// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/http_load/find_knee.hpp"
#include "harness/http_load/http_load.hpp"

namespace regatta {

/// What the flags of `regatta load` say, as text where it has a form of its own.
struct load_request {
  std::string url;
  std::optional<double> rate;
  std::optional<std::string> stages;  ///< "500:10s,500-2000:30s"
  std::optional<std::string> arrivals;
  std::uint64_t seed = 1;
  unsigned connections = 100;
  unsigned threads = 1;
  std::optional<std::string> duration;
  std::string warm_up = "1s";
  std::optional<std::uint64_t> requests;
  std::optional<std::string> timeout;
  bool spin = false;
  bool poll = true;

  std::optional<std::string> method;
  std::vector<std::string> headers;  ///< "Name: value"
  std::optional<std::string> body;   ///< or "@FILE"
  std::string ca_file;

  std::vector<std::string> levels;  ///< "p99=50ms"
  std::string max_lag = "1ms";
  bool knee = false;
  std::optional<std::string> step;
  std::optional<std::string> precision;

  bool llm = false;
  std::string model = "regatta-mock";
  std::string prompt = "Say something about boats.";
  unsigned max_tokens = 64;
  std::optional<std::string> api_key_variable;
  std::vector<std::string> goodput;  ///< "ttft=500ms"
};

/// The same, checked.
struct load_choice {
  http_load::load_plan plan;
  std::vector<http_load::service_level> levels;
  http_load::client_limits limits;
  std::optional<http_load::knee_plan> knee;  ///< then `plan` is of its steps
};

/// Throws usage_error with one sentence that says what to do. Reads the file of a body and the
/// environment variable that has a key.
load_choice plan_load(const load_request& request);

}  // namespace regatta
