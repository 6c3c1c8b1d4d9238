// SPDX-License-Identifier: Apache-2.0
#include "harness/replay/without_queueing.hpp"

#include <algorithm>
#include <cmath>

namespace regatta {
namespace {

constexpr unsigned most_inside = 4096;
// Below it there is little to be taken out, and less than the model may be wrong by where the
// requests differ much.
constexpr double busy = 0.7;

// With a fraction of a request more inside, between the two.
double latency_of(const service_demand& demand, const backend_model& own, unsigned cpus) {
  const double inside = std::clamp<double>(demand.concurrency, 1, most_inside);
  const auto below = static_cast<unsigned>(inside);
  const backend_prediction expected = predict(demand, own, own.overhead, cpus, below + 1);
  const double part = inside - below;
  return (1 - part) * expected.at(below).response + part * expected.at(below + 1).response;
}

}  // namespace

service_demand with_sleep(service_demand demand, double share) {
  demand.waiting -= (1 - share) * demand.asleep;
  demand.asleep *= share;
  return demand;
}

double sleep_without_queueing(const service_demand& demand, const backend_model& own,
                              unsigned cpus) {
  if (!(demand.asleep > 0) || !(demand.latency > 0)) return 1;
  const double servers = predict(demand, own, own.overhead, cpus, 1).most_throughput;
  if (!(demand.rate > busy * servers)) return 1;
  double least = 0, most = 1;
  if (latency_of(demand, own, cpus) <= demand.latency) return most;
  for (int i = 0; i < 30; ++i) {
    const double middle = (least + most) / 2;
    const bool longer = latency_of(with_sleep(demand, middle), own, cpus) > demand.latency;
    (longer ? most : least) = middle;
  }
  return least;
}

}  // namespace regatta
