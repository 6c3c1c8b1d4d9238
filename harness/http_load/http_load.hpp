// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "harness/http_load/client_limits.hpp"
#include "harness/http_load/load_plan.hpp"
#include "harness/http_load/load_result.hpp"

namespace regatta::http_load {

struct load_hooks {
  /// Share of the planned time that is over; from the calling thread, some 20 times a second.
  std::function<void(double fraction)> progress = [](double) {};
  /// Asked as often; true ends the load, and what was measured is answered.
  std::function<bool()> stop = [] { return false; };
};

/// Puts an HTTP/1.1 server under load, in client threads of its own. Not for many targets, HTTP/2
/// or scripted sessions: one request, said again and again.
///
///   load_plan plan;
///   set_url(plan, "http://127.0.0.1:8080/");
///   plan.open_loop = true;
///   plan.stages = {{.length = 10s, .from = 1000, .to = 1000}};
///   const load_result seen = run_load(plan, {}, {}, {});
///
/// What fails is counted. Throws std::runtime_error with a sentence if the server cannot be reached
/// at all, std::invalid_argument if the plan makes no sense. Thread safety: any thread.
load_result run_load(const load_plan& plan, const std::vector<service_level>& levels,
                     const client_limits& limits, const load_hooks& hooks);

}  // namespace regatta::http_load
