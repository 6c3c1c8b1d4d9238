// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace regatta::profiling {

/// From now on libbpf prints nothing; why something failed in this thread is asked for by
/// load_failure(). Throws tier_unavailable where eBPF would see other process ids than we.
/// Thread safety: any thread; each knows of its own failures.
void prepare_to_load();

/// Why the kernel or libbpf refused what this thread has asked for since prepare_to_load(), in
/// words. `error`: the errno of it.
std::string load_failure(int error);

}  // namespace regatta::profiling
