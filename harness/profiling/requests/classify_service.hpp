// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/profiling/requests/request_profile.hpp"

namespace regatta::profiling {

/// What kind of service these requests are of, by what one request takes when it is alone: at least
/// 70 % of its own time CPU is CPU-bound, at most 30 % I/O-bound. Queues, run queues, loops that
/// are busy with others and locks are left out, so that the load does not matter. `cpus`: that the
/// service may use. Pure.
service_classification classify_service(const request_profile& profile, unsigned cpus);

}  // namespace regatta::profiling
