// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "harness/statistics/duration_histogram.hpp"

namespace regatta {

/// The buckets that are not empty: [[middle in seconds, count], …].
nlohmann::ordered_json write_buckets(const duration_histogram& times);
/// Their inverse. What the buckets do not have, the sum and the longest, in seconds.
duration_histogram read_buckets(const nlohmann::json& buckets, double sum, double longest);

/// {"count", "mean", "max", "p50", …, "buckets"}, in seconds; what is unknown is null.
nlohmann::ordered_json write_times(const duration_histogram& times);
duration_histogram read_times(const nlohmann::json& times);

}  // namespace regatta
