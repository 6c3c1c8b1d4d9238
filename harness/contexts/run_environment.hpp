// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "harness/bytes.hpp"
#include "harness/endpoints.hpp"
#include "harness/http_message.hpp"

namespace regatta {

/// What items of a cell share, in either colour: the dataset and where the services are.
struct run_environment {
  bytes_view dataset;
  endpoint_map endpoints;
  std::string api_key;  ///< sent as a bearer token to the service "llm"; empty: none
  unsigned loops = 1;   ///< event loops of this process, which divide its database connections

  /// Throws std::out_of_range with a sentence that names the service.
  const std::string& endpoint(const std::string& service) const;
};

}  // namespace regatta
