// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/requests/whole_phases.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace regatta::profiling {

using namespace kernel_side;

namespace {

constexpr std::size_t mixed_phases = 2;      // the last ones, where there was no room
constexpr std::uint64_t too_little = 1'000;  // ns

using sums = std::array<std::uint64_t, time_kinds>;

std::uint64_t less(std::uint64_t whole, std::uint64_t part) {
  return whole > part ? whole - part : 0;
}

sums sums_of(const std::vector<request_phase>& phases) {
  sums found{};
  for (const request_phase& phase : phases) {
    if (phase.kind < time_kinds)
      found[phase.kind] += phase.kind == time_cpu ? phase.cpu : phase.wall;
  }
  return found;
}

bool is_wait(std::uint32_t kind) {
  return kind != time_cpu && kind != time_run_queue && kind != time_lag;
}

}  // namespace

std::vector<request_phase> whole_phases(const request_event& request) {
  const std::size_t used = std::min<std::size_t>(request.used, phase_room);
  std::vector<request_phase> phases(request.phases, request.phases + used);
  if (used < phase_room) return phases;
  const sums told = sums_of(phases);
  bool hidden = false;
  for (std::uint32_t kind = 0; kind < time_kinds; ++kind) {
    hidden = hidden || (is_wait(kind) && less(request.spent[kind], told[kind]) > too_little);
  }
  if (!hidden) return phases;
  std::uint32_t peer = 0;
  for (const request_phase& phase : phases) peer = std::max(peer, phase.peer);
  phases.resize(used - mixed_phases);
  const sums before = sums_of(phases);
  const std::uint64_t cpu = less(request.spent[time_cpu], before[time_cpu]);
  phases.push_back({.wall = cpu, .cpu = cpu, .kind = time_cpu, .peer = 0});
  for (std::uint32_t kind = 0; kind < time_kinds; ++kind) {
    const std::uint64_t rest = less(request.spent[kind], before[kind]);
    if (!is_wait(kind) || rest == 0) continue;
    phases.push_back(
        {.wall = rest, .cpu = 0, .kind = kind, .peer = kind == time_upstream ? peer : 0});
  }
  return phases;
}

}  // namespace regatta::profiling
