// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace regatta {

/// When a request that failed is sent again: exponential backoff with full jitter (M. Brooker,
/// "Exponential Backoff And Jitter", AWS Architecture Blog, 2015), never before the server asked.
struct retry_policy {
  unsigned attempts = 4;  ///< in all; 1: no retry
  std::chrono::nanoseconds first_delay =
      std::chrono::milliseconds(500);  ///< upper end of the first
  std::chrono::nanoseconds longest_delay = std::chrono::seconds(30);
};

/// The facts of an attempt that failed.
struct failed_attempt {
  unsigned number = 1;
  bool may_pass = false;  ///< the same request may well succeed the next time
  std::optional<std::chrono::nanoseconds> retry_after{};  ///< as the server asked
};

/// How long to wait before the next attempt; nullopt: give up. A wait that would not end before
/// `time_left` is over is not begun.
std::optional<std::chrono::nanoseconds> next_delay(const retry_policy& policy,
                                                   const failed_attempt& failed,
                                                   std::chrono::nanoseconds time_left,
                                                   std::uint64_t random_word);

/// 429 (too many requests) and every 5xx.
bool status_may_pass(unsigned status);

/// The value of Retry-After: seconds, or a date in any of the three forms of RFC 9110, section
/// 5.6.7. A date in the past is 0. nullopt: neither.
std::optional<std::chrono::nanoseconds> parse_retry_after(std::string_view value,
                                                          std::int64_t unix_seconds_now);

}  // namespace regatta
