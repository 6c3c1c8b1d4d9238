// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/replay/service_model.hpp"
#include "harness/statistics/closed_network.hpp"

namespace regatta {

/// How a backend serves requests, as queueing theory sees it.
enum class server_kind {
  one_by_one,  ///< nothing overlaps
  loop,        ///< one thread computes for all, waits overlap
  loops,       ///< several such threads, each with requests of its own
  pool,        ///< a thread or process per request in service, up to a limit; they share the CPUs
  offloading,  ///< waits on a loop, computing on a pool of one worker per CPU
};

struct backend_model {
  std::string backend{};  ///< its label
  server_kind kind = server_kind::loop;
  unsigned most_in_service = 0;  ///< 0: as many as there are
  int complexity = 1;            ///< see backend_info
  double overhead = 0;           ///< seconds of CPU that it adds to a request
  /// Its threads share an interpreter's lock: one of them computes at a time.
  bool one_computes = false;
};

struct backend_prediction {
  backend_model model;
  std::vector<network_point> curve;  ///< in flight: 1, 2, 3 …
  double most_throughput = 0;        ///< that its CPUs or its limit allow, per second
  double knee = 1;                   ///< requests in flight beyond which they must queue

  const network_point& at(unsigned in_flight) const;
};

/// From a request's CPU time and waits alone, by mean-value analysis of a closed network: the
/// backend's threads or CPUs are a station, the waits a delay. `own_overhead`: of the backend that
/// `demand.cpu` was measured on, part of it. REQUIRES: cpus and most_in_flight are at least 1.
backend_prediction predict(const service_demand& demand, const backend_model& model,
                           double own_overhead, unsigned cpus, unsigned most_in_flight);

/// Where the model prefers another approach: the nearest factor on the CPU time of a request.
struct flip_point {
  double factor = 1;        ///< times today's
  double cpu = 0;           ///< seconds of CPU a request there
  std::string backend;      ///< that takes over
  bool is_simpler = false;  ///< it is not ahead there, but no more than `margin` behind and simpler
};

struct flip_points {
  std::optional<flip_point> above, below;
};

/// From 1/32 to 32 times the CPU time per request, `in_flight` requests at a time. Another approach
/// takes over where it is ahead by more than `margin`; or where `chosen` is no longer ahead of a
/// simpler one by that, if it is so today. None where another one is ahead today already.
flip_points find_flip_points(const service_demand& demand, const std::vector<backend_model>& models,
                             const std::string& chosen, double own_overhead, unsigned cpus,
                             unsigned in_flight, double margin);

}  // namespace regatta
