// SPDX-License-Identifier: Apache-2.0
#include "harness/llm/retry_schedule.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <iomanip>
#include <limits>
#include <locale>
#include <sstream>
#include <string>

namespace regatta {
namespace {

using std::chrono::nanoseconds;

constexpr std::int64_t longest_wait_seconds = 366 * 24 * 3600;  // more is never meant

nanoseconds backoff_limit(const retry_policy& policy, unsigned failed_attempts) {
  nanoseconds limit = policy.first_delay;
  for (unsigned i = 1; i < failed_attempts && limit < policy.longest_delay; ++i) {
    limit = limit > policy.longest_delay / 2 ? policy.longest_delay : limit * 2;
  }
  return std::min(limit, policy.longest_delay);
}

std::optional<std::int64_t> unix_seconds_of(std::string_view date) {
  // IMF-fixdate, then the two obsolete forms. Read leniently, as get_time does, and then held
  // against what the form makes of the same time.
  struct form {
    const char* read;
    const char* written;
  };
  constexpr std::array forms{
      form{"%a, %d %b %Y %H:%M:%S GMT", "%a, %d %b %Y %H:%M:%S GMT"},
      form{"%A, %d-%b-%y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT"},
      form{"%a %b %d %H:%M:%S %Y", "%a %b %e %H:%M:%S %Y"},
  };
  for (const form& each : forms) {
    std::istringstream text{std::string(date)};
    text.imbue(std::locale::classic());
    std::tm when{};
    text >> std::get_time(&when, each.read);
    std::ostringstream written;
    written.imbue(std::locale::classic());
    written << std::put_time(&when, each.written);
    if (!text.fail() && written.str() == date) return ::timegm(&when);
  }
  return std::nullopt;
}

}  // namespace

std::optional<nanoseconds> next_delay(const retry_policy& policy, const failed_attempt& failed,
                                      nanoseconds time_left, std::uint64_t random_word) {
  if (!failed.may_pass || failed.number >= policy.attempts) return std::nullopt;
  const double share = static_cast<double>(random_word >> 11U) * 0x1p-53;  // [0, 1)
  const auto limit = static_cast<double>(backoff_limit(policy, failed.number).count());
  const nanoseconds jittered(static_cast<std::int64_t>(share * limit));
  // A server that names a time sees the crowd again at that time: the jitter comes on top.
  const nanoseconds delay = failed.retry_after ? *failed.retry_after + jittered : jittered;
  if (delay >= time_left) return std::nullopt;
  return delay;
}

bool status_may_pass(unsigned status) { return status == 429 || (status >= 500 && status < 600); }

std::optional<nanoseconds> parse_retry_after(std::string_view value, std::int64_t now) {
  while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
  while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
  if (value.empty()) return std::nullopt;
  std::int64_t seconds = 0;
  if (value.find_first_not_of("0123456789") == std::string_view::npos) {
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    (void)end;
    if (error != std::errc{}) seconds = longest_wait_seconds;  // more digits than a number has
  } else {
    const auto when = unix_seconds_of(value);
    if (!when) return std::nullopt;
    seconds = std::max<std::int64_t>(0, *when - now);
  }
  return std::chrono::seconds(std::min(seconds, longest_wait_seconds));
}

}  // namespace regatta
