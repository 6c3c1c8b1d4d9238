// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "harness/http_load/load_result.hpp"

namespace regatta::http_load {

/// From where on the client is not believed.
struct client_limits {
  double most_cpu =
      0.9;  ///< share of a CPU that a thread needed: used, but for polling, or waited for
  std::chrono::nanoseconds most_lag = std::chrono::milliseconds(1);  ///< p99 of the send lag
};

/// "client thread 1 needed 97 % of a CPU", or empty. What a thread polled away is no need.
std::string find_bottleneck(const std::vector<client_use>& clients, std::optional<double> lag_p99,
                            const client_limits& limits);

}  // namespace regatta::http_load
