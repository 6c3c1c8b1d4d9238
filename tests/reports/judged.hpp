// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "harness/gate/gate_result.hpp"
#include "harness/statistics/sign_interval.hpp"

namespace regatta::test {

/// Evidence of `pairs` pairs around 10 ms whose candidate is worse by `ratio`, with the interval
/// that follows from them.
inline gate_evidence evidence(double ratio, unsigned pairs = 12) {
  gate_evidence made;
  std::vector<double> candidates, baselines;
  for (unsigned i = 0; i < pairs; ++i) {
    const double noise = 1 + 0.001 * (i % 5);
    made.pairs.push_back({.launch = i / 4,
                          .candidate_first = i % 2 == 1,
                          .at = 0.5 * i,
                          .baseline = 0.010 * noise,
                          .candidate = 0.010 * ratio,
                          .steal = {}});
    baselines.push_back(made.pairs.back().baseline);
    candidates.push_back(made.pairs.back().candidate);
  }
  made.ratio = ratio_interval(candidates, baselines, 0.95);
  made.e_worse = ratio > 1.05 ? 400 : 1;
  return made;
}

inline gate_comparison judged(const std::string& name, gate_verdict verdict, double ratio) {
  gate_comparison made;
  made.name = name;
  made.metric = "real_time";
  made.unit = "s";
  made.verdict = verdict;
  made.reason = "real_time is " + std::to_string(ratio) + " times the baseline's.";
  made.screening = evidence(ratio);
  made.median_baseline = 0.010;
  made.median_candidate = 0.010 * ratio;
  return made;
}

inline gate_comparison with_mode(gate_comparison made, gate_mode mode) {
  made.rule.mode = mode;
  return made;
}

inline gate_comparison silenced(gate_comparison made) {
  made.muted = true;
  made.rule.mute_until = "2030-01-01";
  made.rule.reason = "issue 12";
  return made;
}

inline gate_result gate_of(std::vector<gate_comparison> comparisons) {
  gate_result made;
  made.baseline = {"google-benchmark", "old/bench", "aa11"};
  made.candidate = {"google-benchmark", "new/bench", "bb22"};
  made.comparisons = std::move(comparisons);
  made.where.started_at = made.started_at = "2026-01-31T08:05:09Z";
  made.where.hostname = "runner-1";
  made.seconds = 42.5;
  made.budget = 60;
  return made;
}

/// One of each kind.
inline gate_result mixed_gate() {
  using enum gate_verdict;
  auto unknown = judged("BM_unclear", inconclusive, 1.04);
  unknown.detectable = 0.123;
  auto broken = judged("BM_broken", failed, 1);
  broken.screening = {};
  broken.median_baseline = broken.median_candidate = std::nullopt;
  broken.reason = "The candidate was killed by signal 11 (Segmentation fault).";
  return gate_of({judged("BM_same", equivalent, 1.001), judged("BM_better", improved, 0.8), unknown,
                  silenced(judged("BM_muted", regressed, 1.5)),
                  with_mode(judged("BM_warned", regressed, 1.3), gate_mode::warn), broken,
                  judged("BM_parse<int>/64", regressed, 1.25)});
}

}  // namespace regatta::test
