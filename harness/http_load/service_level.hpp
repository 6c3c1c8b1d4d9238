// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace regatta::http_load {

struct load_tally;

/// What of a load a limit is on.
enum class level_measure { latency, first_token, inter_token, errors };

/// A service level objective: "p99 of latency at most 50 ms", "errors at most 0.1 %".
struct service_level {
  level_measure measure = level_measure::latency;
  double quantile = 0.99;  ///< of times; not of errors
  double limit = 0;        ///< seconds; of errors: a share
  std::string text;        ///< as the user wrote it
  bool operator==(const service_level&) const = default;
};

/// "p99=50ms", "ttft.p95=500ms", "itl.p99=40ms", "errors=0.1%". nullopt: none of these.
std::optional<service_level> parse_service_level(const std::string& text);

enum class level_verdict { kept, missed, withheld };

struct level_outcome {
  service_level level;
  /// In the limit's unit; nullopt: too few requests to show it. Of latency: infinite when more
  /// failed than the quantile leaves.
  std::optional<double> measured;
  level_verdict verdict = level_verdict::withheld;
};

/// Holds what was measured against the levels. Latency is that of all requests here: what failed
/// counts as longer than any limit. With a client that was the bottleneck no verdict is
/// given at all.
std::vector<level_outcome> judge(const std::vector<service_level>& levels, const load_tally& tally,
                                 bool client_was_bottleneck);

/// missed if any is, else withheld if any is, else kept.
level_verdict worst_of(const std::vector<level_outcome>& outcomes);

}  // namespace regatta::http_load
