// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <utility>
#include <vector>

#include "harness/replay/service_model.hpp"

namespace regatta::test {

inline request_phase phase(phase_kind kind, std::chrono::nanoseconds wall) {
  return {kind, wall, kind == phase_kind::cpu ? wall : std::chrono::nanoseconds(0), {}};
}

/// A request that does these, one after the other.
inline request_sample request(std::vector<request_phase> phases) {
  request_sample sample;
  for (const request_phase& each : phases) {
    sample.cpu += each.cpu;
    sample.latency += each.wall;
  }
  sample.phases = std::move(phases);
  return sample;
}

}  // namespace regatta::test
