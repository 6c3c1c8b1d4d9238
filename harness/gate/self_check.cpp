// SPDX-License-Identifier: Apache-2.0
#include "harness/gate/self_check.hpp"

#include <fmt/format.h>

namespace regatta {
namespace {

constexpr double share_of_margin = 0.2;

}  // namespace

self_check::self_check(double margin, double alpha, unsigned max_pairs)
    : alpha_(alpha), max_pairs_(max_pairs), bias_(margin * share_of_margin), within_(margin) {
  comparison_.name = "baseline against its copy";
  comparison_.rule.margin = margin * share_of_margin;
}

bool self_check::open() const {
  return !finding() && within_.e_equivalent() < 2 / alpha_ && bias_.pairs() < max_pairs_;
}

void self_check::add(const gate_pair& pair, gate_direction better) {
  const bool smaller = better == gate_direction::smaller;
  const double numerator = smaller ? pair.candidate : pair.baseline;
  const double denominator = smaller ? pair.baseline : pair.candidate;
  if (!bias_.add(numerator, denominator)) return;
  within_.add(numerator, denominator);
  comparison_.screening.pairs.push_back(pair);
  numerators_.push_back(numerator);
  denominators_.push_back(denominator);
}

std::optional<std::string> self_check::finding() const {
  const double enough = 2 / alpha_;
  const bool worse = bias_.e_greater() >= enough;
  if (!worse && bias_.e_less() < enough) return std::nullopt;
  return fmt::format(
      "the baseline measures {} than a byte copy of itself, by more than {:.3g} % in {} pairs: on "
      "this machine, now, a difference says nothing of the code",
      worse ? "better" : "worse", 100 * comparison_.rule.margin, bias_.pairs());
}

gate_comparison self_check::finish() const {
  gate_comparison done = comparison_;
  done.screening.ratio = anytime_ratio_interval(numerators_, denominators_, 1 - alpha_);
  done.screening.e_worse = bias_.e_greater();
  done.screening.e_better = bias_.e_less();
  done.screening.e_equivalent = within_.e_equivalent();
  const double enough = 2 / alpha_;
  if (const auto found = finding()) {
    done.verdict = bias_.e_greater() >= enough ? gate_verdict::regressed : gate_verdict::improved;
    done.reason = *found;
  } else if (within_.e_equivalent() >= enough) {
    done.verdict = gate_verdict::equivalent;
    done.reason = "the baseline and its copy measure the same, within the margin";
  } else {
    done.verdict = gate_verdict::inconclusive;
    done.reason = "no difference between the baseline and its copy was found";
  }
  return done;
}

}  // namespace regatta
