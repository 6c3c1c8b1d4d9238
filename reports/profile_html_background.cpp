// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "reports/figures.hpp"
#include "reports/html_page.hpp"
#include "reports/profile_html_parts.hpp"

namespace regatta {
namespace {

using namespace profiling;

std::vector<markup> loop_row(const profile_result& profile, const loop_profile& loop) {
  const double seconds = std::chrono::duration<double>(profile.duration).count();
  const auto quantile = [&](double p) {
    return loop.slices ? show_seconds(loop.slices->quantile(p)) : std::string("–");
  };
  const auto share = loop.working_share();
  std::string work = share ? profile_share(*share) : "–";
  if (loop.saturated.value_or(0) > 0.01) {
    work += fmt::format(", {} saturated", profile_share(*loop.saturated));
  }
  const bool any = loop.slices && loop.slices->count() > 0;
  return {loop.key,
          loop.call.empty() ? std::string("–") : loop.call,
          show_whole(loop.threads.size()),
          loop.iterations && seconds > 0
              ? show_rate(static_cast<double>(*loop.iterations) / seconds)
              : std::string("–"),
          work,
          quantile(0.5),
          quantile(0.99),
          any ? show_seconds(loop.slices->max()) : std::string("–"),
          show_whole(stretch_count(loop)),
          loop.stretches.empty() ? std::string("–") : profile_time(blocked_time(loop))};
}

markup threads_table(const profile_result& profile) {
  std::vector<std::vector<markup>> rows;
  for (const thread_profile& thread : profile.threads) {
    rows.push_back({fmt::format("{} ({})", thread.tid, thread.name), to_string(thread.kind),
                    profile_share(share_of(thread.cpu, thread.watched)),
                    profile_share(share_of(thread.run_queue, thread.watched)),
                    show_whole(thread.switches),
                    thread.waits_in.empty() ? std::string("–") : thread.waits_in});
  }
  return table("Threads, the busiest first",
               {{"Thread"},
                {"Kind", false},
                {"CPU"},
                {"Waiting for a CPU"},
                {"Switches"},
                {"Waits in", false}},
               rows);
}

}  // namespace

markup profile_loops(const profile_result& profile) {
  if (profile.loops.empty()) return {};
  std::vector<std::vector<markup>> rows;
  for (const loop_profile& loop : profile.loops) rows.push_back(loop_row(profile, loop));
  return page_section("loops", "Loops and threads",
                      table("Loops, the one that blocked longest first",
                            {{"Loop"},
                             {"Waits by", false},
                             {"Threads"},
                             {"Iterations"},
                             {"Working"},
                             {"Callbacks p50"},
                             {"p99"},
                             {"Longest"},
                             {"Stretches"},
                             {"Blocked"}},
                            rows) +
                          element("h3", {}, "Threads") + threads_table(profile));
}

markup profile_method(const profile_result& profile) {
  const profiler_cost& cost = profile.cost;
  const bool exact = profile.tier == profile_tier::ebpf || profile.tier == profile_tier::perf;
  std::vector<std::pair<std::string, markup>> rows{{"Tier", to_string(profile.tier)}};
  for (const missing_tier& missing : profile.missing) {
    rows.emplace_back(fmt::format("Not by {}", to_string(missing.tier)), missing.reason);
  }
  rows.emplace_back("Callbacks this long are blocks", profile_time(profile.threshold));
  rows.emplace_back("Watched for", profile_time(profile.duration));
  rows.emplace_back("Attaching took", profile_time(cost.attach));
  rows.emplace_back("Watching took",
                    fmt::format("{} of CPU, {} of one", profile_time(cost.cpu),
                                profile_share(share_of(cost.cpu, profile.duration))));
  rows.emplace_back(exact ? "Events" : "Samples",
                    cost.dropped == 0 ? show_whole(cost.events) + ", none lost"
                                      : fmt::format("{}, {} lost", show_whole(cost.events),
                                                    show_whole(cost.dropped)));
  markup content = facts(rows);
  if (!profile.notes.empty()) content += element("ul", {}, list_items(profile.notes));
  content += element(
      "p", {},
      "A callback lasts from the end of a wait for a loop's descriptors to the beginning of the "
      "next one, as the kernel sees them. Time in which the process was stopped does not count "
      "as blocked.");
  return page_section("method", "How it was measured, and what that took", content);
}

}  // namespace regatta
