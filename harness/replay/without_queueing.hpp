// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/replay/backend_prediction.hpp"

namespace regatta {

/// What a request slept, seen from outside, is also the time in which it could go on and its loop,
/// or the thread that it was handed to, was busy with others. A replay makes queues of its own.
/// Answers the share of `demand.asleep` with which mean-value analysis gives the latency that was
/// profiled, of as many requests inside as were profiled: 1 where no queueing has to be taken out,
/// or the service was not busy; at least 0. REQUIRES: cpus is at least 1.
double sleep_without_queueing(const service_demand& demand, const backend_model& own,
                              unsigned cpus);

/// The demand without the rest.
service_demand with_sleep(service_demand demand, double share);

}  // namespace regatta
