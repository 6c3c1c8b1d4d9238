// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "harness/statistics/duration_histogram.hpp"

namespace regatta {

/// The percentile distribution as HdrHistogram's outputPercentileDistribution writes it, in
/// milliseconds, which its plotter and other tools read: five lines to each halving of the distance
/// to 100 %.
std::string render_hdr_percentiles(const duration_histogram& times);

}  // namespace regatta
