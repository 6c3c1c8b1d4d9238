// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace regatta {

/// A place where customers queue for one of some equal servers.
struct queueing_station {
  double demand = 0;     ///< seconds of service a customer needs there, all its visits together
  unsigned servers = 1;  ///< at least 1
  /// Squared coefficient of variation of one visit's service time: 1 is exponential, or any
  /// distribution at all if the servers are shared in turns, as an operating system shares CPUs.
  double variation = 1;
};

/// A fixed number of customers that go round and round: through all stations, then a delay in which
/// nobody queues. As a service under a closed loop: CPUs, and the waits of its requests.
struct closed_network {
  std::vector<queueing_station> stations;
  double delay = 0;  ///< seconds a round
};

struct network_point {
  unsigned customers = 1;
  double throughput = 0;  ///< rounds per second
  double response = 0;    ///< seconds at the stations and in the delay: customers / throughput
};

/// Of 1 to `most` customers, by mean-value analysis. Exact where every variation is 1 (the network
/// has product form); else the wait behind a customer in service is the mean rest of its service,
/// an approximation. Empty for a network without any time in it, or with a number in it that is
/// negative or not finite.
///
/// Sources: Reiser and Lavenberg, Mean-Value Analysis of Closed Multichain Queuing Networks,
/// J. ACM 27 (1980), with the marginal probabilities of stations of several servers; Reiser, A
/// Queueing Network Analysis of Computer Communication Networks, IEEE Trans. Comm. 27 (1979), for
/// the rest of a service; a station's mean rest with m busy servers lies between s/m (exponential)
/// and s/(m+1) (constant), interpolated by the variation.
std::vector<network_point> solve(const closed_network& network, unsigned most);

/// What no queueing discipline can beat: min(N / (demands + delay), servers / demand of each
/// station). Source: Denning and Buzen, The Operational Analysis of Queueing Network Models, ACM
/// Computing Surveys 10 (1978).
double throughput_bound(const closed_network& network, double customers);

/// Customers where the two bounds meet: with more of them, they must queue. 1 if nothing queues.
double knee_of(const closed_network& network);

}  // namespace regatta
