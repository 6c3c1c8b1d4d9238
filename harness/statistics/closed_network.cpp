// SPDX-License-Identifier: Apache-2.0
#include "harness/statistics/closed_network.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace regatta {
namespace {

bool is_time(double value) { return std::isfinite(value) && value >= 0; }

double time_alone(const closed_network& network) {
  double sum = network.delay;
  for (const queueing_station& station : network.stations) sum += station.demand;
  return sum;
}

// Where customers queue in the end.
std::size_t bottleneck(const closed_network& network) {
  const auto slowest = std::max_element(
      network.stations.begin(), network.stations.end(), [](const auto& one, const auto& other) {
        return one.demand / one.servers < other.demand / other.servers;
      });
  return static_cast<std::size_t>(slowest - network.stations.begin());
}

bool is_sound(const closed_network& network) {
  const bool sound = std::all_of(
      network.stations.begin(), network.stations.end(), [](const queueing_station& station) {
        return is_time(station.demand) && is_time(station.variation) && station.servers > 0;
      });
  return sound && is_time(network.delay) && time_alone(network) > 0;
}

// What a customer that arrives at a station meets there: the station with one customer less.
class station_state {
 public:
  explicit station_state(const queueing_station& station)
      : station_(station), fewer_(station.servers, 0.0) {
    fewer_.front() = 1;
  }

  double response() const {
    const double servers = station_.servers;
    double idle = 0;  // expected servers that are idle, beyond the one the arrival itself takes
    double busy = 1;  // probability that all are busy
    for (std::size_t j = 0; j < fewer_.size(); ++j) {
      busy -= fewer_[j];
      idle += (servers - 1 - static_cast<double>(j)) * fewer_[j];
    }
    const double exponential = station_.demand / servers * (1 + length_ + idle);
    const double rest = station_.variation / servers + (1 - station_.variation) / (servers + 1);
    const double corrected =
        exponential + std::max(0.0, busy) * station_.demand * (rest - 1 / servers);
    return std::max(station_.demand, corrected);
  }

  void add_customer(double throughput, double response) {
    const double offered = throughput * station_.demand;
    double behind = 0;  // the sum over j of (servers - j) p(j), but for j = 0
    for (std::size_t j = fewer_.size() - 1; j > 0; --j) {
      fewer_[j] = std::min(1.0, offered / static_cast<double>(j) * fewer_[j - 1]);
      behind += static_cast<double>(fewer_.size() - j) * fewer_[j];
    }
    fewer_.front() = std::max(0.0, 1 - (offered + behind) / station_.servers);
    length_ = throughput * response;
  }

 private:
  const queueing_station station_;
  std::vector<double> fewer_;  ///< probability of j customers there, for j below the servers
  double length_ = 0;
};

}  // namespace

std::vector<network_point> solve(const closed_network& network, unsigned most) {
  std::vector<network_point> points;
  if (!is_sound(network)) return points;
  std::vector<station_state> states(network.stations.begin(), network.stations.end());
  std::vector<double> responses(states.size());
  points.reserve(most);
  double before = 0;
  for (unsigned customers = 1; customers <= most; ++customers) {
    double response = network.delay;
    for (std::size_t i = 0; i < states.size(); ++i) {
      responses[i] = states[i].response();
      response += responses[i];
    }
    // The approximation of variations may leave these two laws by a few percent near the knee; what
    // that makes of the response is the queue before the bottleneck.
    const double throughput =
        std::clamp(customers / response, before, throughput_bound(network, customers));
    if (!states.empty()) responses[bottleneck(network)] += customers / throughput - response;
    for (std::size_t i = 0; i < states.size(); ++i) {
      states[i].add_customer(throughput, responses[i]);
    }
    points.push_back({customers, throughput, customers / throughput});
    before = throughput;
  }
  return points;
}

double throughput_bound(const closed_network& network, double customers) {
  if (!is_sound(network)) return 0;
  double bound = customers / time_alone(network);
  for (const queueing_station& station : network.stations) {
    if (station.demand > 0) bound = std::min(bound, station.servers / station.demand);
  }
  return bound;
}

double knee_of(const closed_network& network) {
  const double most = throughput_bound(network, std::numeric_limits<double>::infinity());
  return std::isfinite(most) ? std::max(1.0, most * time_alone(network)) : 1;
}

}  // namespace regatta
