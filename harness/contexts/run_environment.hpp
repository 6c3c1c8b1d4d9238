// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "harness/bytes.hpp"
#include "harness/endpoints.hpp"
#include "harness/http_message.hpp"

namespace regatta {

class measure_book;

/// What items of a cell share, in either colour: the dataset and where the services are.
struct run_environment {
  bytes_view dataset;
  endpoint_map endpoints;
  std::string api_key;  ///< sent as a bearer token to the service "llm"; empty: none
  unsigned loops = 1;   ///< event loops of this process, which divide its database connections
  measure_book* measures = nullptr;  ///< where items write down what they measure; null: nowhere

  /// Throws std::out_of_range with a sentence that names the service.
  const std::string& endpoint(const std::string& service) const;
  /// See measure() of the contexts.
  void measure(std::string_view name, std::chrono::nanoseconds took) const;
};

}  // namespace regatta
