// SPDX-License-Identifier: Apache-2.0
#include "tools/stall_verdict.hpp"

#include <fmt/format.h>

#include "tools/exit_codes.hpp"

namespace regatta {
namespace {

const profiling::blocked_stretch* worst_own(const profiling::profile_result& result) {
  const profiling::blocked_stretch* worst = nullptr;
  for (const auto& loop : result.loops) {
    for (const auto& stretch : loop.stretches) {
      if (stretch.own_time() < result.threshold) continue;
      if (worst == nullptr || stretch.duration > worst->duration) worst = &stretch;
    }
  }
  return worst;
}

}  // namespace

stall_verdict judge_stalls(const profiling::profile_result& result, const std::string& longest) {
  if (const auto* const worst = worst_own(result)) {
    return {exit_regression, worst,
            fmt::format("{} was kept waiting for longer than {}", worst->loop, longest)};
  }
  if (result.loops.empty()) {
    return {exit_error, nullptr,
            "no loop was found, so none could be judged: no thread waited by epoll, poll or "
            "io_uring"};
  }
  if (result.process_end && *result.process_end != "exited with code 0") {
    return {exit_error, nullptr,
            fmt::format("no loop was kept waiting for {}, but the command {}", longest,
                        *result.process_end)};
  }
  return {};
}

}  // namespace regatta
