// SPDX-License-Identifier: Apache-2.0
#include "reports/workload_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "reports/figures.hpp"

namespace regatta {
namespace {

// REQUIRES: there is a lead.
std::string lead_of(const recommendation& advice) {
  const std::string interval =
      fmt::format("({} to {})", show_ratio(advice.lead->lower), show_ratio(advice.lead->upper));
  const std::string times = show_ratio(advice.lead->ratio);
  if (advice.metric == "throughput") {
    return fmt::format("{} times {} {}", times, *advice.runner_up, interval);
  }
  return fmt::format("the {} of {} is {} times as much {}", advice.metric, *advice.runner_up, times,
                     interval);
}

}  // namespace

std::string title(const workload_result& measured) {
  const char* const kind = measured.info.kind == work_kind::cpu_bound  ? "CPU-bound"
                           : measured.info.kind == work_kind::io_bound ? "I/O-bound"
                                                                       : "mixed";
  const std::string load =
      measured.plan.rate
          ? fmt::format("open loop, {} arrivals/s, at most {} in flight", *measured.plan.rate,
                        measured.plan.in_flight)
          : fmt::format("closed loop, {} in flight", show_whole(measured.plan.in_flight));
  return fmt::format("{} ({}; {})", measured.plan.workload, kind, load);
}

std::vector<const cell_result*> ordered(const workload_result& measured,
                                        const recommendation& advice) {
  std::vector<const cell_result*> cells;
  for (const standing& place : advice.standings) {
    for (const cell_result& cell : measured.cells) {
      if (cell.ok() && cell.choice.label == place.label) cells.push_back(&cell);
    }
  }
  for (const cell_result& cell : measured.cells) {
    if (std::find(cells.begin(), cells.end(), &cell) == cells.end()) cells.push_back(&cell);
  }
  return cells;
}

std::string interval_of(const recommendation& advice, const std::string& label) {
  for (const standing& place : advice.standings) {
    if (place.label == label && place.behind) {
      return fmt::format("{} [{}, {}]", show_ratio(place.behind->ratio),
                         show_ratio(place.behind->lower), show_ratio(place.behind->upper));
    }
  }
  return "";
}

std::string out_of_race(const recommendation& advice, const cell_result& cell) {
  for (const standing& place : advice.standings) {
    if (place.label == cell.choice.label && !place.excluded.empty()) return "excluded";
  }
  if (!cell.eliminated_after) return "";
  return fmt::format("block {}", *cell.eliminated_after + 1);
}

std::string headline(const recommendation& advice) {
  const double percent = 100 * advice.confidence;
  const double delta = 100 * advice.practical_difference;
  switch (advice.outcome) {
    case verdict::winner:
      if (!advice.lead) {
        return fmt::format("Use {}: the only approach that {}.", advice.choice.front(),
                           advice.standings.size() == 1 ? "was measured" : "keeps the constraints");
      }
      return fmt::format(
          "Use {}: {}, ahead of all others by more than {:g} % at {:g} % confidence.",
          advice.choice.front(), lead_of(advice), delta, percent);
    case verdict::tie:
      return fmt::format(
          "{}: {} cannot be told apart by more than {:g} % at {:g} % confidence{}. {} {}{}.",
          advice.settled ? "A tie" : "Not settled", fmt::join(advice.choice, ", "), delta, percent,
          advice.settled ? "" : " yet", advice.settled ? "Use" : "Until then use",
          advice.choice.front(),
          advice.tie_break.empty() ? std::string() : ", for " + advice.tie_break);
    case verdict::too_few:
      return fmt::format(
          "No recommendation yet: too few blocks to tell {} apart at {:g} % confidence.",
          fmt::join(advice.choice, ", "), percent);
    case verdict::nothing:
      break;
  }
  if (advice.standings.empty()) {
    return "No recommendation: no approach was measured with right answers.";
  }
  if (advice.standings.size() == 1) {
    return "No recommendation: the only approach that gave right answers does not keep the "
           "constraints.";
  }
  return "No recommendation: no approach that gave right answers keeps the constraints.";
}

std::vector<std::string> exclusions(const recommendation& advice) {
  std::vector<std::string> lines;
  for (const standing& place : advice.standings) {
    if (!place.excluded.empty()) lines.push_back(place.label + ": " + place.excluded + ".");
  }
  return lines;
}

std::vector<std::string> findings(const workload_result& measured, const recommendation& advice) {
  std::vector<std::string> lines;
  for (const cell_result* cell : ordered(measured, advice)) {
    if (!cell->ok() || !cell->findings) continue;
    for (const finding& each : *cell->findings) {
      lines.push_back(cell->choice.label + ": " + each.sentence);
    }
  }
  return lines;
}

std::vector<std::string> measure_names(const workload_result& measured) {
  std::set<std::string> names;
  for (const cell_result& cell : measured.cells) {
    if (!cell.ok()) continue;
    for (const measure& each : cell.measures) names.insert(each.name);
  }
  return {names.begin(), names.end()};
}

const measure* find_measure(const cell_result& cell, const std::string& name) {
  if (!cell.ok()) return nullptr;
  for (const measure& each : cell.measures) {
    if (each.name == name) return &each;
  }
  return nullptr;
}

std::string receipt_of(const race_receipt& race) {
  const std::string paid =
      fmt::format("{} epochs, {}", show_whole(race.epochs), show_seconds(race.seconds));
  if (race.fixed_epochs <= race.epochs) return paid;
  return fmt::format("{}; fixed sampling would have taken {} epochs, {}", paid,
                     show_whole(race.fixed_epochs), show_seconds(race.fixed_seconds));
}

std::string describe_machine(const environment& where) {
  std::string quota;
  if (where.cpus.quota_cpus) quota = fmt::format(", quota {} CPUs", *where.cpus.quota_cpus);
  return fmt::format("{}; {} of {} CPUs usable{}; Linux {}; {} {}", where.cpu_model,
                     where.cpus.usable, where.cpus.visible, quota, where.kernel,
                     where.build.compiler, where.build.type);
}

}  // namespace regatta
