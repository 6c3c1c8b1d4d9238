// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "reports/recommendation.hpp"

namespace regatta {

/// Of a race that ended undecided: why it ended, how much longer it might have taken, and which
/// pairs are open, as sentences.
std::string what_is_open(const recommendation& advice, const workload_result& measured);

}  // namespace regatta
