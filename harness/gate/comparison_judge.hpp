// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "harness/gate/gate_result.hpp"
#include "harness/statistics/margin_test.hpp"

namespace regatta {

struct judge_rules {
  double alpha = 0.05;          ///< two-sided
  unsigned max_pairs = 60;      ///< of screening, and again of the confirmation
  std::size_t comparisons = 1;  ///< in the suite
};

enum class judge_phase {
  screening,
  confirming,  ///< it seems to be regressed or improved: fresh processes must show it again, alone
  decided
};

/// One comparison on its way to a verdict. Pairs go in; what stands out among all comparisons is
/// decided outside, because that is a matter of the whole suite.
///
///   screening ──stands out──▶ confirming ──shown again──▶ regressed, improved
///       │                         └──refuted, or no more pairs──▶ inconclusive
///       ├──within the margin──▶ equivalent
///       └──no more pairs──▶ inconclusive
///
/// No clock and no processes. Thread safety: one thread.
class comparison_judge {
 public:
  comparison_judge(gate_comparison what, judge_rules rules);

  judge_phase phase() const { return phase_; }
  const gate_comparison& comparison() const { return comparison_; }

  /// Into the phase it is in. A pair without a ratio (a side reports 0, or NaN) is a failure; two
  /// zeros are equal.
  void add(const gate_pair& pair);
  /// It cannot be measured: the verdict is `failed`.
  void fail(std::string why);

  /// p-values of the screening against "not worse (better) by more than the margin". They hold at
  /// every look.
  double p_worse() const { return 1 / screening_.test.e_greater(); }
  double p_better() const { return 1 / screening_.test.e_less(); }
  /// To be called between launches, with what stands out of the suite by p_worse() and p_better():
  /// moves on to the next phase if there is reason to.
  void look(bool worse_stands_out, bool better_stands_out);

  /// The comparison with all its figures. If it is not decided yet: inconclusive, because of
  /// `ended`, a clause like "the budget was used up".
  gate_comparison finish(const std::string& ended);

 private:
  struct sequence {
    explicit sequence(double margin) : test(margin) {}
    margin_test test;
    std::vector<gate_pair> pairs;
    std::vector<double> numerators, denominators;  ///< their ratio is > 1 where the candidate is
                                                   ///< worse
  };

  void decide(gate_verdict verdict, std::string reason);
  void look_at_confirmation();
  gate_evidence evidence_of(const sequence& from) const;
  std::string describe(const sequence& from) const;

  gate_comparison comparison_;
  const judge_rules rules_;
  const double enough_;  ///< e-value that decides about one comparison alone
  judge_phase phase_ = judge_phase::screening;
  bool seems_worse_ = false;  ///< what is to be confirmed: worse, or else better
  sequence screening_;
  std::optional<sequence> confirmation_;
};

/// How much worse it is, in words of its metric: "real_time is 1.152 [1.131, 1.179] times the
/// baseline's".
std::string describe_effect(const gate_comparison& comparison, const gate_evidence& evidence);

}  // namespace regatta
