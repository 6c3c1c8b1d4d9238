// SPDX-License-Identifier: Apache-2.0
#include "reports/gate_junit.hpp"

#include <fmt/format.h>

#include "reports/gate_text.hpp"
#include "reports/junit_xml.hpp"

namespace regatta {
namespace {

using properties = std::vector<std::pair<std::string, std::string>>;

properties properties_of(const gate_comparison& comparison) {
  properties list{{"verdict", verdict_word(comparison)}, {"metric", comparison.metric}};
  const gate_evidence& evidence = decisive(comparison);
  const auto add = [&](const char* name, double value) {
    list.emplace_back(name, junit_number(value));
  };
  if (evidence.ratio) {
    add("worse_by", evidence.ratio->ratio);
    list.emplace_back("interval", fmt::format("[{}, {}]", junit_number(evidence.ratio->lower),
                                              junit_number(evidence.ratio->upper)));
    add("confidence", evidence.ratio->confidence);
  }
  list.emplace_back("pairs", std::to_string(evidence.pairs.size()));
  add("margin", comparison.rule.margin);
  const std::string unit = comparison.unit.empty() ? "" : " " + comparison.unit;
  if (comparison.median_baseline) {
    list.emplace_back("median_baseline", junit_number(*comparison.median_baseline) + unit);
  }
  if (comparison.median_candidate) {
    list.emplace_back("median_candidate", junit_number(*comparison.median_candidate) + unit);
  }
  if (comparison.detectable) add("detectable", *comparison.detectable);
  return list;
}

junit_case case_of(const gate_comparison& comparison, const gate_result& result) {
  junit_case made{.name = name_of(comparison, result),
                  .class_name = "regatta.gate",
                  .status = junit_status::passed,
                  .type = "",
                  .message = comparison.reason,
                  .details = "",
                  .seconds = std::nullopt,
                  .properties = properties_of(comparison)};
  if (fails_build(comparison, result)) {
    const bool failed = comparison.verdict == gate_verdict::failed;
    made.status = failed ? junit_status::error : junit_status::failure;
    made.type = failed ? "BenchmarkFailed" : "PerformanceRegression";
    made.details = fmt::format("worse × {} over {} pairs; the margin is {:.3g} %",
                               effect(decisive(comparison)), decisive(comparison).pairs.size(),
                               100 * comparison.rule.margin);
  } else if (concerns(comparison) || comparison.rule.mode == gate_mode::off) {
    made.status = junit_status::skipped;
    made.message = verdict_word(comparison);
    if (result.unfit) made.message += "; unfit environment: " + *result.unfit;
    for (const std::string& why : {comparison.reason, comparison.rule.reason}) {
      if (!why.empty()) made.message += "; " + why;
    }
  }
  return made;
}

}  // namespace

std::string render_gate_junit(const gate_result& result) {
  junit_suite suite{.name = result.candidate.what,
                    .hostname = result.where.hostname,
                    .started_at = result.started_at,
                    .seconds = result.seconds,
                    .properties = {{"baseline", result.baseline.what},
                                   {"candidate", result.candidate.what},
                                   {"verdict", gate_headline(result)},
                                   {"alpha", junit_number(result.alpha)},
                                   {"seed", std::to_string(result.seed)}},
                    .cases = {}};
  for (const gate_comparison* each : by_concern(result)) {
    suite.cases.push_back(case_of(*each, result));
  }
  return render_junit_suites("regatta gate", {suite});
}

}  // namespace regatta
