// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

#include "harness/service/service_counts.hpp"

namespace regatta {

/// What a request was for.
enum class service_route { answer, healthz, metrics, none };
constexpr std::size_t service_route_count = 4;
const char* to_string(service_route route);

/// Everything that a server counts. Thread safety: all members from any thread.
struct service_metrics {
  /// Statuses from 0 to 599, by route.
  std::array<std::array<shared_count, 600>, service_route_count> answers;
  shared_count shed_full;  ///< of the requests to answer: refused with 503 at the limit
  shared_count waiting_for_turn;
  shared_count shed_draining;  ///< refused with 503 while the server was ending
  latency_histogram latency;   ///< of the admitted ones, from the whole request to the answer
  front_counts front;
  llm_counts llm;
  pool_counts pool;

  void count_answer(service_route route, unsigned status) {
    answers[static_cast<std::size_t>(route)][status < 600 ? status : 599].add();
  }
  std::int64_t answered(service_route route, unsigned status) const {
    return answers[static_cast<std::size_t>(route)][status].get();
  }
};

}  // namespace regatta
