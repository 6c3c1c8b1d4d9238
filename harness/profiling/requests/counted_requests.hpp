// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

#include "harness/profiling/requests/request_profile.hpp"

namespace regatta::profiling {

/// Requests that were only counted, beside those that were followed, which stand for them: counts
/// of classes become those of all, and CPU times what a request took on average, since to follow it
/// takes time as well. `cpu`: theirs, with what the service did besides meanwhile; it is part of
/// profile.cpu.
void add_counted(request_profile& profile, std::uint64_t requests, std::chrono::nanoseconds cpu);

}  // namespace regatta::profiling
