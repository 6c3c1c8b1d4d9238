// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/diagnostics/loop_monitor/corpus/score_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "harness/statistics/quantile.hpp"

namespace regatta::corpus {
namespace {

constexpr double least_function_share = 0.95;
constexpr double most_median_delay = 5;  // ms

/// "fsync" or "strand" of "fsync/strand/healthy".
std::string part_of(const std::string& name, int index) {
  std::size_t begin = 0;
  for (; index > 0; --index) begin = name.find('/', begin) + 1;
  return name.substr(begin, name.find('/', begin) - begin);
}

bool is_special(const scored_case& one) { return part_of(one.name, 0) == "special"; }
bool never_returns(const scored_case& one) {
  return part_of(one.name, 1).starts_with("never_returns");
}

std::string milliseconds(std::optional<double> value) {
  return value ? fmt::format("{:.1f}", *value) : "-";
}

std::string percent(double share, std::size_t of) {
  return of == 0 ? "-" : fmt::format("{:.1f} %", 100 * share);
}

std::string row(const std::string& name, const score& of) {
  std::vector<double> delays = of.delays;
  std::sort(delays.begin(), delays.end());
  const auto largest = delays.empty() ? std::nullopt : std::optional(delays.back());
  return fmt::format("{:22} {:>6} {:>9} {:>12} {:>9} {:>9} {:>9} {:>7} {:>7} {:>7}\n", name,
                     of.cases, fmt::format("{}/{}", of.found, of.blocked), of.false_alarms,
                     percent(of.precision(), of.stretches), percent(of.function_share(), of.found),
                     percent(of.cause_share(), of.found), milliseconds(median(delays)),
                     milliseconds(quantile(delays, 0.95)), milliseconds(largest));
}

std::string rows(const std::vector<scored_case>& cases, int part) {
  std::vector<scored_case> groups;  // in the order of the cases
  for (const scored_case& one : cases) {
    if (part == 1 && is_special(one)) continue;
    const std::string name = part_of(one.name, part);
    const auto same = [&name](const scored_case& group) { return group.name == name; };
    auto place = std::find_if(groups.begin(), groups.end(), same);
    if (place == groups.end()) place = groups.insert(groups.end(), {name, {}});
    place->points.add(one.points);
  }
  std::string text;
  for (const scored_case& group : groups) text += row(group.name, group.points);
  return text;
}

template <class Predicate>
score sum(const std::vector<scored_case>& cases, Predicate belongs) {
  score all;
  for (const scored_case& one : cases) {
    if (belongs(one)) all.add(one.points);
  }
  return all;
}

score sum(const std::vector<scored_case>& cases) {
  return sum(cases, [](const scored_case&) { return true; });
}

}  // namespace

std::string score_table(const std::vector<scored_case>& cases) {
  const std::string line(106, '-');
  std::string text = fmt::format("{:22} {:>6} {:>9} {:>12} {:>9} {:>9} {:>9} {:>7} {:>7} {:>7}\n",
                                 "", "cases", "found", "false alarms", "precision", "function",
                                 "cause", "p50 ms", "p95 ms", "max ms");
  text += line + "\n" + rows(cases, 0) + line + "\n" + rows(cases, 1) + line + "\n";
  text += row("a handler never ends", sum(cases, &never_returns));
  const score all = sum(cases);
  text += row("all", all);
  text += fmt::format(
      "p50 without what the monitor's threads waited for a CPU, on this machine now: {} ms\n",
      milliseconds(median(all.delays_on_cpu)));
  return text;
}

std::vector<std::string> missed_bars(const std::vector<scored_case>& cases) {
  const score all = sum(cases);
  std::vector<std::string> missed;
  const auto require = [&missed](bool reached, std::string sentence) {
    if (!reached) missed.push_back(std::move(sentence));
  };
  require(all.false_alarms == 0, fmt::format("precision is {:.4f}, not 1", all.precision()));
  require(all.found == all.blocked, fmt::format("recall is {:.4f}, not 1", all.recall()));
  require(all.function_share() >= least_function_share,
          fmt::format("the right function is named in {:.1f} % and not in {:.0f} %",
                      100 * all.function_share(), 100 * least_function_share));
  require(all.right_cause == all.found,
          fmt::format("the cause is right in {} of {}", all.right_cause, all.found));
  const auto delay = [&](const score& of, const char* what) {
    const double middle = median(of.delays).value_or(0);
    require(middle <= most_median_delay,
            fmt::format("{} come {:.1f} ms after the threshold (median), not {:.0f} ms", what,
                        middle, most_median_delay));
  };
  delay(all, "reports");
  delay(sum(cases, &never_returns), "reports of handlers that never return");
  return missed;
}

}  // namespace regatta::corpus
