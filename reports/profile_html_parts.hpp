// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "harness/profiling/profile_result.hpp"
#include "reports/html_markup.hpp"

namespace regatta {

// The page of a profile from top to bottom. Each part is empty if there is nothing to say.

/// One sentence on the worst that was seen, and one on each of the others that matter.
markup profile_worst(const profiling::profile_result& profile);
/// A figure a loop, with its table.
markup profile_timeline(const profiling::profile_result& profile);
markup profile_flames(const profiling::profile_result& profile);
/// Where the blocked time of each loop went.
markup profile_ledgers(const profiling::profile_result& profile);
/// The longest stretches, each with its ledger and stack.
markup profile_stretches(const profiling::profile_result& profile);
/// What those who asked the process saw, and its requests.
markup profile_requests(const profiling::profile_result& profile);
/// The requests as they were seen in the service: the part of profile_requests() that is of them.
markup profile_served(const profiling::request_profile& requests);
markup profile_loops(const profiling::profile_result& profile);
/// Tiers, threads, what watching took.
markup profile_method(const profiling::profile_result& profile);

// Words that several parts use.
std::string profile_time(std::chrono::nanoseconds time);                         ///< "12.3 ms"
std::string profile_share(double share);                                         ///< "4.2 %"
double share_of(std::chrono::nanoseconds part, std::chrono::nanoseconds whole);  ///< of 0: 0
/// "handler at app.py:12"; of an unknown function, "".
std::string place_text(const profiling::profile_frame& frame);
/// Stretches of the loop, those not listed included.
std::uint64_t stretch_count(const profiling::loop_profile& loop);
std::chrono::nanoseconds blocked_time(const profiling::loop_profile& loop);

/// A part of a bar: "fsync [/var/lib/db]".
struct bar_share {
  profiling::share_kind kind = profiling::share_kind::unknown;
  std::string name;
  std::chrono::nanoseconds time{};
};
/// What a ledger has, the longest first, and what is left of the whole as unknown: it sums to it.
std::vector<bar_share> bar_shares(const std::vector<profiling::ledger_share>& ledger,
                                  std::chrono::nanoseconds whole);
/// A bar as wide as its place, divided by time; `label` is for those who do not see it.
markup ledger_bar(const std::vector<bar_share>& shares, const std::string& label);
/// The square of a kind's colour.
markup kind_key(profiling::share_kind kind);

}  // namespace regatta
