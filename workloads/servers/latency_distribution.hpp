// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace regatta {

/// How long a mock server takes: a plain value, and a pure function from a random word to a
/// duration, so that (seed, sequence number) decides every latency. The stated mean is the mean of
/// what is drawn.
///
///   const auto d = parse_latency_distribution("lognormal:200ms:0.25");
///   const std::chrono::nanoseconds delay = d.sample(mix64(seed ^ sequence));
struct latency_distribution {
  enum class shape { constant, lognormal, exponential };

  shape kind = shape::constant;
  std::chrono::nanoseconds mean{};
  double sigma = 0;  ///< lognormal only: the standard deviation of the logarithm

  std::chrono::nanoseconds sample(std::uint64_t random_word) const;
  bool operator==(const latency_distribution&) const = default;
};

/// Reads "200ms", "constant:200ms", "lognormal:200ms:0.25" or "exponential:50ms". Durations have a
/// unit (ns, us, ms, s) or are 0. Throws std::invalid_argument with a sentence for the user.
latency_distribution parse_latency_distribution(std::string_view text);

/// The text that parse_latency_distribution reads back as the same value.
std::string to_string(const latency_distribution& distribution);

}  // namespace regatta
