// SPDX-License-Identifier: Apache-2.0
#include "harness/replay/backend_prediction.hpp"

#include <algorithm>
#include <cmath>

namespace regatta {
namespace {

// What one server, or one loop, is as a network.
closed_network network_of(const service_demand& demand, const backend_model& model, double cpu,
                          unsigned cpus) {
  const double waits = demand.waiting;
  switch (model.kind) {
    case server_kind::one_by_one:
      return {{{.demand = cpu + demand.held + waits}}, 0};
    case server_kind::loop:
    case server_kind::loops:
      return {{{cpu + demand.held, 1, demand.variation}}, waits};
    case server_kind::pool:
      return {{{.demand = cpu, .servers = cpus}}, waits + demand.held};
    case server_kind::offloading:
      return {{{cpu + demand.held, cpus, demand.variation}}, waits};
  }
  return {};
}

network_point scaled(const network_point& point, unsigned customers, double throughput) {
  return {customers, throughput, throughput > 0 ? customers / throughput : point.response};
}

// Requests are dealt out evenly among the loops, and stay there.
std::vector<network_point> curve_of_loops(const std::vector<network_point>& one, unsigned loops,
                                          unsigned most) {
  std::vector<network_point> curve;
  for (unsigned n = 1; n <= most; ++n) {
    const unsigned share = n / loops;
    const unsigned larger = n % loops;
    double throughput = larger > 0 ? larger * one[share].throughput : 0;
    if (share > 0) throughput += (loops - larger) * one[share - 1].throughput;
    curve.push_back(scaled(one.front(), n, throughput));
  }
  return curve;
}

}  // namespace

const network_point& backend_prediction::at(unsigned in_flight) const {
  return curve.at(std::clamp<std::size_t>(in_flight, 1, curve.size()) - 1);
}

backend_prediction predict(const service_demand& demand, const backend_model& model,
                           double own_overhead, unsigned machine_cpus, unsigned most_in_flight) {
  const unsigned cpus = model.one_computes ? 1 : machine_cpus;
  backend_prediction prediction{model, {}, 0, 1};
  const double cpu = std::max(0.0, demand.cpu - own_overhead) + model.overhead;
  const closed_network network = network_of(demand, model, cpu, cpus);
  const unsigned limit = model.most_in_service == 0 || model.kind == server_kind::one_by_one
                             ? most_in_flight
                             : std::min(model.most_in_service, most_in_flight);
  const auto points = solve(network, most_in_flight);
  if (points.empty()) {  // requests that take no time at all
    prediction.curve.push_back({});
    return prediction;
  }
  const unsigned copies = model.kind == server_kind::loops ? cpus : 1;
  prediction.curve = copies > 1 ? curve_of_loops(points, copies, most_in_flight) : points;
  prediction.most_throughput = copies * throughput_bound(network, HUGE_VAL);
  prediction.knee = copies * knee_of(network);
  if (model.kind == server_kind::pool && model.most_in_service > 0) {
    prediction.most_throughput =
        std::min(prediction.most_throughput, throughput_bound(network, model.most_in_service));
    prediction.knee = std::min<double>(prediction.knee, model.most_in_service);
  }
  // The machine's CPUs are all there is, and the loop itself is one thread.
  double ceiling = cpu + demand.beside > 0 ? machine_cpus / (cpu + demand.beside) : HUGE_VAL;
  if (model.kind == server_kind::offloading && model.overhead > 0) {
    ceiling = std::min(ceiling, 1 / model.overhead);
  }
  for (network_point& point : prediction.curve) {
    const network_point& inside = prediction.curve[std::min(point.customers, limit) - 1];
    point = scaled(point, point.customers, std::min(inside.throughput, ceiling));
  }
  prediction.most_throughput = std::min(prediction.most_throughput, ceiling);
  return prediction;
}

namespace {

// The one that takes over from `chosen`, if any does.
struct contest {
  const backend_model* best = nullptr;     ///< ahead of `chosen` by more than the margin
  const backend_model* simpler = nullptr;  ///< simpler than it, and within the margin of it
};

contest hold(const service_demand& demand, const std::vector<backend_model>& models,
             const std::string& chosen, double own_overhead, unsigned cpus, unsigned in_flight,
             double margin) {
  const auto throughput = [&](const backend_model& model) {
    return predict(demand, model, own_overhead, cpus, in_flight).at(in_flight).throughput;
  };
  const auto mine = std::find_if(models.begin(), models.end(),
                                 [&](const auto& each) { return each.backend == chosen; });
  contest found;
  if (mine == models.end()) return found;
  const double own = throughput(*mine);
  double best = own * (1 + margin);
  for (const backend_model& each : models) {
    const double theirs = throughput(each);
    if (theirs > best) {
      best = theirs;
      found.best = &each;
    }
    const bool simpler = each.complexity < mine->complexity && theirs * (1 + margin) >= own;
    if (simpler && (found.simpler == nullptr || each.complexity < found.simpler->complexity)) {
      found.simpler = &each;
    }
  }
  return found;
}

}  // namespace

flip_points find_flip_points(const service_demand& demand, const std::vector<backend_model>& models,
                             const std::string& chosen, double own_overhead, unsigned cpus,
                             unsigned in_flight, double margin) {
  const auto at = [&](double factor) {
    service_demand changed = demand;
    changed.cpu = own_overhead + factor * std::max(0.0, demand.cpu - own_overhead);
    return hold(changed, models, chosen, own_overhead, cpus, in_flight, margin);
  };
  const contest today = at(1);
  if (today.best != nullptr) return {};  // it has flipped already
  const bool simpler_today = today.simpler != nullptr;
  const auto search = [&](double direction) -> std::optional<flip_point> {
    constexpr int steps_per_doubling = 8;
    for (int i = 1; i <= 5 * steps_per_doubling; ++i) {
      const double factor = std::exp2(direction * i / steps_per_doubling);
      const contest there = at(factor);
      const backend_model* const other = there.best != nullptr ? there.best
                                         : simpler_today       ? nullptr
                                                               : there.simpler;
      if (other == nullptr) continue;
      const double cpu = own_overhead + factor * std::max(0.0, demand.cpu - own_overhead);
      return flip_point{factor, cpu, other->backend, there.best == nullptr};
    }
    return std::nullopt;
  };
  return {search(1), search(-1)};
}

}  // namespace regatta
