// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "harness/gate/gate_result.hpp"
#include "reports/environment_fields.hpp"

namespace regatta {

// How a gate's result is stored (see json_fields.hpp). The fields' meaning and units are in
// schema/gate-report.schema.json.

constexpr auto enum_names(gate_verdict) {
  return std::array<enum_name<gate_verdict>, 5>{{{gate_verdict::regressed, "regressed"},
                                                 {gate_verdict::improved, "improved"},
                                                 {gate_verdict::equivalent, "equivalent"},
                                                 {gate_verdict::inconclusive, "inconclusive"},
                                                 {gate_verdict::failed, "failed"}}};
}
constexpr auto enum_names(gate_mode) {
  return std::array<enum_name<gate_mode>, 3>{
      {{gate_mode::block, "block"}, {gate_mode::warn, "warn"}, {gate_mode::off, "off"}}};
}
constexpr auto enum_names(gate_direction) {
  return std::array<enum_name<gate_direction>, 2>{
      {{gate_direction::smaller, "smaller"}, {gate_direction::larger, "larger"}}};
}

/// Its keys are those of the gate file, but the margin is a fraction.
template <class Fields>
void fields(Fields& file, stored<Fields, gate_rule>& rule) {
  file("match", rule.pattern);
  file.text("metric", rule.metric);
  file("direction", rule.direction);
  file("margin", rule.margin);
  file("mode", rule.mode);
  file.text("mute_until", rule.mute_until);
  file.text("reason", rule.reason);
}

template <class Fields>
void fields(Fields& file, stored<Fields, gate_pair>& pair) {
  file("launch", pair.launch);
  file("candidate_first", pair.candidate_first);
  file("at_seconds", pair.at);
  file("baseline", pair.baseline);
  file("candidate", pair.candidate);
  file("steal", pair.steal);
}

template <class Fields>
void fields(Fields& file, stored<Fields, gate_evidence>& evidence) {
  file("worse_by", evidence.ratio);
  file("e_worse", evidence.e_worse);
  file("e_better", evidence.e_better);
  file("e_equivalent", evidence.e_equivalent);
  file("pairs", evidence.pairs);
}

template <class Fields>
void fields(Fields& file, stored<Fields, gate_comparison>& comparison) {
  file("name", comparison.name);
  file("metric", comparison.metric);
  file("unit", comparison.unit);
  file("better", comparison.better);
  file("verdict", comparison.verdict);
  file.text("reason", comparison.reason);
  file("muted", comparison.muted);
  file("not_worse", comparison.not_worse);
  file("rule", comparison.rule);
  file("median_baseline", comparison.median_baseline);
  file("median_candidate", comparison.median_candidate);
  file("detectable", comparison.detectable);
  file("screening", comparison.screening);
  file("confirmation", comparison.confirmation);
}

template <class Fields>
void fields(Fields& file, stored<Fields, gate_subject_info>& subject) {
  file("kind", subject.kind);
  file("what", subject.what);
  file.text("executable_digest", subject.digest);
}

template <class Fields>
void fields(Fields& file, stored<Fields, gate_result>& result) {
  file("started_at", result.started_at);
  file("interrupted", result.interrupted);
  file.derived("complete", [&] { return !result.interrupted; });
  file.derived("blocks", [&] { return result.blocks(); });
  file("unfit", result.unfit);
  file("baseline", result.baseline);
  file("candidate", result.candidate);
  file.group("method", [&](Fields& method) {
    method.derived("design", [] {
      return "pairs of baseline and candidate side by side in random order, over several launches";
    });
    method.derived("evidence", [] {
      return "sign e-process of paired log ratios against the margin, valid at every look";
    });
    method("alpha", result.alpha);
    method("budget_seconds", result.budget);
    method("seed", result.seed);
  });
  file("seconds", result.seconds);
  file("steal_during_run", result.stolen);
  file("warnings", result.warnings);
  file("environment", result.where);
  file("self_check", result.self_check);
  file("only_baseline", result.only_baseline);
  file("only_candidate", result.only_candidate);
  file("comparisons", result.comparisons);
}

}  // namespace regatta
