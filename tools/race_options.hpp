// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "harness/run_plan.hpp"

namespace regatta {

// What the race of `regatta run` takes from the command line and from suite files. Each throws
// usage_error that names `what`.

/// "throughput", "p99", "cpu", "memory".
objective parse_objective(const std::string& what, const std::string& text);

/// "none", "gil", "free-threaded".
lock_model parse_lock(const std::string& what, const std::string& text);

/// "p99=50ms": seconds.
double parse_slo(const std::string& what, const std::string& text);

/// Sets what "isolate" or "sync-libraries" asks for.
void require(constraints& required, const std::string& what, const std::string& text);

/// "512MiB", "1.5GB": bytes.
std::uint64_t parse_bytes(const std::string& what, const std::string& text);

/// "5%" or "0.05".
double parse_share(const std::string& what, const std::string& text);

}  // namespace regatta
