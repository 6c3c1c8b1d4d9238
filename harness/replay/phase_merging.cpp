// SPDX-License-Identifier: Apache-2.0
#include "harness/replay/phase_merging.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace regatta {
namespace {

using std::chrono::nanoseconds;

void add_to(request_phase& one, const request_phase& other) {
  one.wall += other.wall;
  one.cpu += other.cpu;
}

void gather_short_waits(std::vector<request_phase>& phases) {
  const auto waited = [](const request_phase& phase) {
    return holds_its_thread(phase.kind) ? nanoseconds(0) : phase.wall - phase.cpu;
  };
  const auto longest = std::max_element(
      phases.begin(), phases.end(),
      [&](const auto& one, const auto& other) { return waited(one) < waited(other); });
  if (longest == phases.end() || waited(*longest) < shortest_wait) return;
  for (request_phase& each : phases) {
    if (holds_its_thread(each.kind) || waited(each) >= shortest_wait) continue;
    longest->wall += waited(each);
    each = {phase_kind::cpu, each.cpu, each.cpu, {}};
  }
}

std::vector<request_phase> without_twins(std::vector<request_phase> phases) {
  std::vector<request_phase> kept;
  for (request_phase& each : phases) {
    if (each.wall.count() == 0) continue;
    const bool twin =
        !kept.empty() && kept.back().kind == each.kind && kept.back().peer == each.peer;
    if (twin) {
      add_to(kept.back(), each);
    } else {
      kept.push_back(std::move(each));
    }
  }
  return kept;
}

std::vector<request_phase> one_of_each_kind_in_16(const std::vector<request_phase>& phases) {
  constexpr std::size_t group = 16;
  std::vector<request_phase> fewer;
  for (std::size_t begin = 0; begin < phases.size(); begin += group) {
    const auto first = static_cast<std::ptrdiff_t>(fewer.size());
    for (std::size_t i = begin; i < std::min(begin + group, phases.size()); ++i) {
      const auto same = std::find_if(fewer.begin() + first, fewer.end(),
                                     [&](const auto& each) { return each.kind == phases[i].kind; });
      if (same == fewer.end()) {
        fewer.push_back(phases[i]);
      } else {
        add_to(*same, phases[i]);
      }
    }
  }
  return fewer;
}

// Of the phases that have another one of their kind: the shortest, and the one it goes to.
std::pair<std::size_t, std::size_t> shortest_of_several(const std::vector<request_phase>& phases) {
  std::pair<std::size_t, std::size_t> best{0, 0};
  for (std::size_t i = 0; i < phases.size(); ++i) {
    if (best.first != best.second && phases[i].wall >= phases[best.first].wall) continue;
    const auto same = [&](const request_phase& each) { return each.kind == phases[i].kind; };
    const auto later =
        std::find_if(phases.begin() + static_cast<std::ptrdiff_t>(i) + 1, phases.end(), same);
    if (later != phases.end()) {
      best = {i, static_cast<std::size_t>(later - phases.begin())};
      continue;
    }
    for (std::size_t j = i; j-- > 0;) {
      if (!same(phases[j])) continue;
      best = {i, j};
      break;
    }
  }
  return best;
}

}  // namespace

void make_phases_add_up(request_sample& sample) {
  nanoseconds cpu{}, wall{};
  for (const request_phase& phase : sample.phases) {
    cpu += phase.cpu;
    wall += phase.wall;
  }
  if (sample.cpu.count() == 0) sample.cpu = cpu;
  if (sample.latency.count() == 0) {
    sample.latency = sample.queue + std::max(wall, sample.cpu);
  }
  if (sample.phases.empty()) {
    const nanoseconds rest = sample.latency - sample.queue - sample.cpu;
    sample.phases.push_back({phase_kind::cpu, sample.cpu, sample.cpu, {}});
    sample.phases.push_back({phase_kind::other, std::max(rest, nanoseconds(0)), {}, {}});
    return;
  }
  if (cpu.count() == 0) {
    if (sample.cpu.count() == 0) return;
    sample.phases.insert(sample.phases.begin(), {phase_kind::cpu, sample.cpu, sample.cpu, {}});
    return;
  }
  const double scale = static_cast<double>(sample.cpu.count()) / static_cast<double>(cpu.count());
  for (request_phase& phase : sample.phases) {
    const nanoseconds own(std::llround(scale * static_cast<double>(phase.cpu.count())));
    phase.wall = phase.wall - phase.cpu + own;
    phase.cpu = own;
  }
}

namespace {

// Nanoseconds a request, on average.
double mean_time(const std::vector<request_sample>& samples, phase_kind kind) {
  double sum = 0;
  for (const request_sample& sample : samples) {
    for (const request_phase& phase : sample.phases) {
      if (phase.kind == kind) sum += static_cast<double>((phase.wall - phase.cpu).count());
    }
  }
  return sum / static_cast<double>(samples.size());
}

phase_kind left_to_others(const std::vector<request_sample>& samples) {
  return mean_time(samples, phase_kind::sleep) > 0 ? phase_kind::sleep : phase_kind::lock;
}

}  // namespace

nanoseconds time_left_to_others(const std::vector<request_sample>& samples) {
  if (samples.empty()) return {};
  return nanoseconds(std::llround(mean_time(samples, left_to_others(samples))));
}

void add_work_elsewhere(std::vector<request_sample>& samples, nanoseconds cpu) {
  const phase_kind where = left_to_others(samples);
  const double there = mean_time(samples, where);
  if (!(there > 0)) return;
  const double share = std::min(1.0, static_cast<double>(cpu.count()) / there);
  for (request_sample& sample : samples) {
    for (request_phase& phase : sample.phases) {
      if (phase.kind != where) continue;
      const auto time = static_cast<double>((phase.wall - phase.cpu).count());
      const nanoseconds more(std::llround(share * time));
      phase.cpu += more;
      sample.cpu += more;
    }
  }
}

std::vector<request_phase> merged_phases(std::vector<request_phase> phases, std::size_t most) {
  gather_short_waits(phases);
  phases = without_twins(std::move(phases));
  // A stream of tokens has thousands: a first pass that is not quadratic.
  while (phases.size() > 8 * most) phases = one_of_each_kind_in_16(phases);
  while (phases.size() > most) {
    const auto [from, to] = shortest_of_several(phases);
    if (from == to) break;  // each is the only one of its kind
    add_to(phases[to], phases[from]);
    phases.erase(phases.begin() + static_cast<std::ptrdiff_t>(from));
    phases = without_twins(std::move(phases));
  }
  return phases;
}

}  // namespace regatta
