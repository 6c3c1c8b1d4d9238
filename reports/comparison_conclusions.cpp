// SPDX-License-Identifier: Apache-2.0
#include "reports/comparison_conclusions.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reports/figures.hpp"

namespace regatta {
namespace {

using names = std::vector<std::string>;

std::string joined(const names& all) { return fmt::format("{}", fmt::join(all, ", ")); }

bool is_known(const std::string& revision) {
  return revision != "unknown" && !revision.ends_with("-dirty");
}

// A word of a command line, in quotes if the shell would take it for something else.
std::string shell_word(const std::string& text) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./";
  if (!text.empty() && text.find_first_not_of(plain) == std::string::npos) return text;
  std::string quoted = "'";
  for (const char each : text) quoted += each == '\'' ? "'\\''" : std::string(1, each);
  return quoted + "'";
}

bool moved_in(const compared_workload& workload, std::size_t run) {
  return std::any_of(workload.approaches.begin(), workload.approaches.end(),
                     [&](const compared_approach& each) { return each.runs[run].moved; });
}

std::string path_of(const build_info& build) {
  return shell_word(
      fmt::format("<BUILD OF {}, {}, {}>/regatta", build.revision, build.compiler, build.type));
}

// Over the workloads in which something moved, or over all of them.
std::string gate_of(const run_comparison& comparison, std::span<const named_run> runs,
                    std::size_t run) {
  std::string command =
      fmt::format("regatta gate --baseline {} --candidate {} --suite {}",
                  path_of(runs.front().run->where.build), path_of(runs[run].run->where.build),
                  shell_word(runs.front().run->plan.suite));
  for (const compared_workload& each : comparison.workloads) {
    if (moved_in(each, run)) command += " -w " + each.workload;
  }
  return command;
}

// What the builds are, and what follows from that.
void conclude_on_builds(run_comparison& comparison, std::span<const named_run> runs) {
  const build_info& first = runs.front().run->where.build;
  const bool same = std::all_of(runs.begin(), runs.end(), [&](const named_run& each) {
    return each.run->where.build == first;
  });
  if (same && is_known(first.revision)) {
    comparison.conclusions.push_back(
        fmt::format("All runs are of one build of one revision ({}): what moved, moved with the "
                    "machine or the hour, not with regatta's code.",
                    first.revision));
    return;
  }
  if (same) {
    comparison.conclusions.push_back(
        fmt::format("Whether the runs are of the same code cannot be told: the revision is {}.",
                    first.revision));
    return;
  }
  for (std::size_t i = 1; i < runs.size(); ++i) {
    const build_info& other = runs[i].run->where.build;
    if (other == first) continue;
    comparison.next.push_back(
        {fmt::format("To know whether the build of {} is slower than that of A", letter_of(i)),
         gate_of(comparison, runs, i)});
  }
}

void conclude_on_differences(run_comparison& comparison) {
  names loud;
  for (const run_difference& each : comparison.differences) {
    if (each.loud) loud.push_back(each.what);
  }
  if (loud.empty()) return;
  comparison.conclusions.push_back(
      fmt::format("Not the same in all runs, and each enough to move every figure: {}. Absolute "
                  "figures do not compare.",
                  joined(loud)));
}

void conclude_on_recommendations(run_comparison& comparison) {
  names held;
  names changed;
  names open;
  for (const compared_workload& each : comparison.workloads) {
    (each.held == agreement::changed ? changed
     : each.held == agreement::open  ? open
                                     : held)
        .push_back(each.workload);
  }
  const auto say = [&](const names& which, const char* what) {
    if (which.empty()) return;
    comparison.conclusions.push_back(fmt::format("{}: {}.", what, joined(which)));
  };
  say(held, "The recommendation holds in all runs that have one");
  say(changed, "The recommendation changed");
  say(open, "Of the recommendation nothing can be said");
}

// A slower machine slows everything; a change of one approach does not.
void conclude_on_common_factor(run_comparison& comparison, double delta) {
  for (std::size_t run = 1; run < comparison.runs.size(); ++run) {
    std::vector<double> slower;  // in the sense of the metric: above 1 is worse
    for (const compared_workload& workload : comparison.workloads) {
      for (const compared_approach& approach : workload.approaches) {
        const auto& ratio = approach.runs[run].over_first;
        if (ratio) slower.push_back(workload.metric == "throughput" ? 1 / *ratio : *ratio);
      }
    }
    if (slower.size() < 4) continue;
    const auto [least, most] = std::minmax_element(slower.begin(), slower.end());
    const bool all_worse = *least > 1 + delta;
    const bool all_better = *most < 1 / (1 + delta);
    if (!all_worse && !all_better) continue;
    comparison.conclusions.push_back(fmt::format(
        "All {} figures of {} are {} than those of A, {} to {} times: that is how a {} machine "
        "looks, not how a change of one approach does.",
        slower.size(), letter_of(run), all_worse ? "worse" : "better",
        show_ratio(all_worse ? *least : 1 / *most), show_ratio(all_worse ? *most : 1 / *least),
        all_worse ? "slower or busier" : "faster or idler"));
  }
}

void add_races(run_comparison& comparison) {
  for (const compared_workload& each : comparison.workloads) {
    if (each.race.empty()) continue;
    comparison.next.push_back(
        {fmt::format("To know which is best for {}, race them in one run where it counts",
                     each.workload),
         each.race});
  }
}

}  // namespace

void conclude(run_comparison& comparison, std::span<const named_run> runs) {
  conclude_on_recommendations(comparison);
  conclude_on_differences(comparison);
  conclude_on_common_factor(comparison, runs.front().run->plan.practical_difference);
  conclude_on_builds(comparison, runs);
  comparison.conclusions.emplace_back(
      "A figure that moved between two runs is no evidence of a change: against a stored baseline, "
      "27 to 42 % of identical code tests as slower on a shared machine with two CPUs.");
  add_races(comparison);
}

}  // namespace regatta
