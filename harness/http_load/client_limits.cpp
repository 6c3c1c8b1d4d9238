// SPDX-License-Identifier: Apache-2.0
#include "harness/http_load/client_limits.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace regatta::http_load {
namespace {

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

std::string find_bottleneck(const std::vector<client_use>& clients, std::optional<double> lag_p99,
                            const client_limits& limits) {
  for (std::size_t i = 0; i < clients.size(); ++i) {
    const client_use& client = clients[i];
    if (client.wall.count() <= 0) continue;
    const double used = std::max(0.0, seconds(client.cpu - client.polled)) / seconds(client.wall);
    const double waited =
        seconds(client.waited.value_or(std::chrono::nanoseconds(0))) / seconds(client.wall);
    if (used + waited <= limits.most_cpu) continue;
    return waited > used / 10
               ? fmt::format(
                     "client thread {} needed {:.0f} % of a CPU and waited for one {:.0f} % of the "
                     "time",
                     i + 1, 100 * used, 100 * waited)
               : fmt::format("client thread {} needed {:.0f} % of a CPU", i + 1, 100 * used);
  }
  if (lag_p99 && *lag_p99 > seconds(limits.most_lag)) {
    return fmt::format("1 % of the requests left more than {:.2f} ms late (--max-lag {:g}ms)",
                       1e3 * *lag_p99, 1e3 * seconds(limits.most_lag));
  }
  return {};
}

}  // namespace regatta::http_load
