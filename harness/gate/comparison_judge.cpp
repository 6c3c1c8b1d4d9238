// SPDX-License-Identifier: Apache-2.0
#include "harness/gate/comparison_judge.hpp"

#include <fmt/format.h>

#include <cmath>

#include "harness/statistics/detectable_effect.hpp"
#include "harness/statistics/quantile.hpp"

namespace regatta {
namespace {

constexpr double wanted_power = 0.8;

bool has_ratio(double value) { return std::isfinite(value) && value > 0; }

}  // namespace

std::string describe_effect(const gate_comparison& comparison, const gate_evidence& evidence) {
  const std::size_t pairs = evidence.pairs.size();
  if (!evidence.ratio) {
    return fmt::format("{} {}, too few for an interval", pairs, pairs == 1 ? "pair" : "pairs");
  }
  const ratio_estimate& ratio = *evidence.ratio;
  const bool smaller = comparison.better == gate_direction::smaller;
  return fmt::format("{} {} {:.3f} [{:.3f}, {:.3f}] times the {}'s over {} pairs",
                     smaller ? comparison.metric : "the baseline's " + comparison.metric, "is",
                     ratio.ratio, ratio.lower, ratio.upper, smaller ? "baseline" : "candidate",
                     pairs);
}

comparison_judge::comparison_judge(gate_comparison what, judge_rules rules)
    : comparison_(std::move(what)),
      rules_(rules),
      enough_(2 / rules.alpha),
      screening_(comparison_.rule.margin) {
  if (comparison_.rule.mode == gate_mode::off) {
    decide(gate_verdict::inconclusive, "not measured: its rule says off");
  }
}

void comparison_judge::add(const gate_pair& pair) {
  sequence& to = phase_ == judge_phase::confirming ? *confirmation_ : screening_;
  const bool smaller = comparison_.better == gate_direction::smaller;
  double numerator = smaller ? pair.candidate : pair.baseline;
  double denominator = smaller ? pair.baseline : pair.candidate;
  if (numerator == 0 && denominator == 0) numerator = denominator = 1;
  if (!has_ratio(numerator) || !has_ratio(denominator)) {
    const bool baseline = !has_ratio(pair.baseline);
    fail(fmt::format("the {} reported a {} of {}, and only positive numbers have a ratio",
                     baseline ? "baseline" : "candidate", comparison_.metric,
                     baseline ? pair.baseline : pair.candidate));
    return;
  }
  to.test.add(numerator, denominator);
  to.pairs.push_back(pair);
  to.numerators.push_back(numerator);
  to.denominators.push_back(denominator);
}

void comparison_judge::fail(std::string why) { decide(gate_verdict::failed, std::move(why)); }

void comparison_judge::decide(gate_verdict verdict, std::string reason) {
  comparison_.verdict = verdict;
  comparison_.reason = std::move(reason);
  phase_ = judge_phase::decided;
}

void comparison_judge::look(bool worse_stands_out, bool better_stands_out) {
  if (phase_ == judge_phase::decided) return;
  if (phase_ == judge_phase::confirming) return look_at_confirmation();
  const double margin = 100 * comparison_.rule.margin;
  if (worse_stands_out || better_stands_out) {
    seems_worse_ = worse_stands_out;
    confirmation_.emplace(comparison_.rule.margin);
    phase_ = judge_phase::confirming;
  } else if (screening_.test.e_equivalent() >= enough_) {
    decide(gate_verdict::equivalent,
           fmt::format("{}: within the margin of {:.3g} %", describe(screening_), margin));
  } else if (screening_.test.pairs() >= rules_.max_pairs) {
    decide(gate_verdict::inconclusive,
           fmt::format("{}: neither within the margin of {:.3g} % nor beyond it, with as many "
                       "pairs as are allowed",
                       describe(screening_), margin));
  }
}

void comparison_judge::look_at_confirmation() {
  const margin_test& test = confirmation_->test;
  const double shown = seems_worse_ ? test.e_greater() : test.e_less();
  const double refuted = seems_worse_ ? test.e_not_greater() : test.e_not_less();
  if (shown >= enough_) {
    decide(
        seems_worse_ ? gate_verdict::regressed : gate_verdict::improved,
        fmt::format("{}; confirmed by fresh processes: {}; the margin is {:.3g} %",
                    describe(screening_), describe(*confirmation_), 100 * comparison_.rule.margin));
  } else if (refuted >= enough_ || test.pairs() >= rules_.max_pairs) {
    decide(gate_verdict::inconclusive,
           fmt::format("it seemed {} ({}), but fresh processes did not confirm it: {}",
                       seems_worse_ ? "regressed" : "improved", describe(screening_),
                       describe(*confirmation_)));
  }
}

std::string comparison_judge::describe(const sequence& from) const {
  return describe_effect(comparison_, evidence_of(from));
}

gate_evidence comparison_judge::evidence_of(const sequence& from) const {
  return {.pairs = from.pairs,
          .ratio = anytime_ratio_interval(from.numerators, from.denominators, 1 - rules_.alpha),
          .e_worse = from.test.e_greater(),
          .e_better = from.test.e_less(),
          .e_equivalent = from.test.e_equivalent()};
}

gate_comparison comparison_judge::finish(const std::string& ended) {
  const bool stopped = phase_ != judge_phase::decided;
  if (phase_ == judge_phase::screening) {
    decide(gate_verdict::inconclusive, fmt::format("{}: {}", ended, describe(screening_)));
  } else if (phase_ == judge_phase::confirming) {
    decide(gate_verdict::inconclusive,
           fmt::format("it seems {} ({}), but {} before fresh processes had confirmed it",
                       seems_worse_ ? "regressed" : "improved", describe(screening_), ended));
  }
  gate_comparison done = comparison_;
  done.screening = evidence_of(screening_);
  if (confirmation_) done.confirmation = evidence_of(*confirmation_);
  done.not_worse = screening_.test.e_not_greater() >= enough_;

  std::vector<double> ratios, baseline, candidate;
  for (const sequence* from : {&screening_, confirmation_ ? &*confirmation_ : nullptr}) {
    if (from == nullptr) continue;
    for (std::size_t i = 0; i < from->pairs.size(); ++i) {
      ratios.push_back(from->numerators[i] / from->denominators[i]);
      baseline.push_back(from->pairs[i].baseline);
      candidate.push_back(from->pairs[i].candidate);
    }
  }
  done.median_baseline = median(baseline);
  done.median_candidate = median(candidate);
  done.detectable = detectable_effect(
      ratios, {.pairs = stopped ? screening_.pairs.size() : rules_.max_pairs,
               .margin = done.rule.margin,
               .level = rules_.alpha / 2 / static_cast<double>(rules_.comparisons),
               .power = wanted_power});
  return done;
}

}  // namespace regatta
