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
  double most_cpu = 0.9;  ///< share of a CPU that a thread used or waited for
  std::chrono::nanoseconds most_lag = std::chrono::milliseconds(1);  ///< p99 of the send lag
};

/// "thread 1 used 97 % of a CPU", or empty. Spinning threads use a whole CPU by design: of them
/// only the send lag tells.
std::string find_bottleneck(const std::vector<client_use>& clients, std::optional<double> lag_p99,
                            bool spin, const client_limits& limits);

}  // namespace regatta::http_load
