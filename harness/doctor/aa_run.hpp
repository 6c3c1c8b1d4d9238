// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "harness/doctor/noise.hpp"

namespace regatta::doctor {

/// Times each kind of work against itself, in two processes of the same program that the kernel
/// places as it likes: epochs of about 3 ms, pair by pair in random order and kind by kind in turn,
/// so that all see the same noise. What cannot be run here says why. Answers what it has when
/// `stop` says so. REQUIRES: this process has one thread.
std::vector<paired_times> run_against_itself(const std::vector<int>& cpus,
                                             std::chrono::milliseconds budget, std::uint64_t seed,
                                             const std::function<bool()>& stop);

}  // namespace regatta::doctor
