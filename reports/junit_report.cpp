// SPDX-License-Identifier: Apache-2.0
#include "reports/junit_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/statistics/quantile.hpp"
#include "reports/junit_xml.hpp"
#include "reports/workload_words.hpp"

namespace regatta {
namespace {

using properties = std::vector<std::pair<std::string, std::string>>;

double seconds_of(const cell_result& cell) {
  double sum = 0;
  for (const epoch_sample& epoch : cell.epochs) sum += epoch.elapsed;
  return sum;
}

properties properties_of(const cell_result& cell, const recommendation& advice) {
  properties list{{"outcome", std::string(to_string(cell.ended))}};
  const auto add = [&](const char* name, std::optional<double> value) {
    if (value) list.emplace_back(name, junit_number(*value));
  };
  if (!cell.ok()) return list;
  std::vector<double> throughputs;
  for (const epoch_sample& epoch : cell.epochs) throughputs.push_back(epoch.throughput);
  add("median_items_per_second", median(throughputs));
  add("p50_seconds", cell.latency.p50);
  add("p99_seconds", cell.latency.p99);
  if (cell.usage) {
    add("cpu_seconds_per_item", cell.usage->user_seconds + cell.usage->system_seconds);
  }
  if (cell.memory && cell.memory->peak_pss) {
    list.emplace_back("peak_pss_bytes", std::to_string(*cell.memory->peak_pss));
  }
  list.emplace_back("epochs", std::to_string(cell.epochs.size()));
  list.emplace_back("items", std::to_string(cell.items));
  for (const standing& place : advice.standings) {
    if (place.label != cell.choice.label) continue;
    list.emplace_back("in_tie_set", place.tied ? "true" : "false");
    if (!place.excluded.empty()) list.emplace_back("excluded", place.excluded);
    if (!place.behind) continue;
    add("leader_over_this", place.behind->ratio);
    list.emplace_back("interval", fmt::format("[{}, {}]", junit_number(place.behind->lower),
                                              junit_number(place.behind->upper)));
    add("confidence", place.behind->confidence);
  }
  return list;
}

const char* type_of(outcome ended) {
  switch (ended) {
    case outcome::wrong_answer:
      return "WrongAnswer";
    case outcome::timed_out:
      return "TimedOut";
    case outcome::crashed:
      return "Crashed";
    default:
      return "Failed";
  }
}

junit_case case_of(const cell_result& cell, const workload_result& measured,
                   const recommendation& advice) {
  junit_case made{.name = cell.choice.label,
                  .class_name = "regatta." + measured.plan.workload,
                  .status = junit_status::passed,
                  .type = type_of(cell.ended),
                  .message = cell.reason,
                  .details = cell.first_failure,
                  .seconds = seconds_of(cell),
                  .properties = properties_of(cell, advice)};
  if (made.message.empty()) made.message = std::string(to_string(cell.ended));
  if (cell.ended == outcome::unavailable) {
    made.status = junit_status::skipped;
  } else if (cell.ended == outcome::wrong_answer) {
    made.status = junit_status::failure;
  } else if (cell.ended != outcome::ok) {
    made.status = junit_status::error;
  } else if (!cell.ok()) {
    made.status = junit_status::skipped;
    made.message = "not measured before the run ended";
  }
  if (cell.ok() && cell.findings) {
    for (const finding& each : *cell.findings) {
      if (!made.output.empty()) made.output += "\n";
      made.output += each.sentence;
    }
  }
  return made;
}

junit_suite suite_of(const workload_result& measured, const recommendation& advice,
                     const run_result& run) {
  junit_suite suite{.name = title(measured),
                    .hostname = run.where.hostname,
                    .started_at = run.where.started_at,
                    .seconds = measured.seconds,
                    .properties = {{"recommendation", headline(advice)}},
                    .cases = {}};
  if (measured.not_run) {
    suite.properties.clear();
    suite.cases.push_back({.name = "workload",
                           .class_name = "regatta." + measured.plan.workload,
                           .status = junit_status::error,
                           .type = "NotRun",
                           .message = *measured.not_run,
                           .details = "",
                           .seconds = std::nullopt,
                           .properties = {}});
    return suite;
  }
  suite.properties.emplace_back("metric", advice.metric);
  if (!advice.choice.empty()) {
    suite.properties.emplace_back("choice", fmt::format("{}", fmt::join(advice.choice, ", ")));
  }
  suite.properties.emplace_back("confidence", junit_number(advice.confidence));
  suite.properties.emplace_back("practical_difference", junit_number(advice.practical_difference));
  for (const cell_result& cell : measured.cells) {
    suite.cases.push_back(case_of(cell, measured, advice));
  }
  return suite;
}

}  // namespace

std::string render_junit(const run_result& run, const std::vector<recommendation>& advice) {
  std::vector<junit_suite> suites;
  for (std::size_t i = 0; i < run.workloads.size(); ++i) {
    suites.push_back(suite_of(run.workloads[i], advice[i], run));
  }
  return render_junit_suites("regatta run", suites);
}

}  // namespace regatta
