// SPDX-License-Identifier: Apache-2.0
#include "reports/gate_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "harness/gate/gate_rules.hpp"
#include "harness/statistics/quantile.hpp"
#include "reports/figures.hpp"
#include "reports/gate_fields.hpp"

namespace regatta {
namespace {

std::string counted(std::size_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

// A gate's effects lie close to 1: three digits are too few for a margin of 5 %.
std::string fine_ratio(double ratio) { return fmt::format("{:.{}f}", ratio, ratio < 10 ? 3 : 1); }

// In the order in which people should look at them.
enum class rank { blocks, failed, only_warns, inconclusive, improved, fine, off };

rank rank_of(const gate_comparison& comparison) {
  if (comparison.rule.mode == gate_mode::off) return rank::off;
  switch (comparison.verdict) {
    case gate_verdict::regressed:
      return blocks(comparison) ? rank::blocks : rank::only_warns;
    case gate_verdict::failed:
      return rank::failed;
    case gate_verdict::inconclusive:
      return comparison.not_worse ? rank::fine : rank::inconclusive;
    case gate_verdict::improved:
      return rank::improved;
    case gate_verdict::equivalent:
      break;
  }
  return rank::fine;
}

double size_of_effect(const gate_comparison& comparison) {
  const auto& ratio = decisive(comparison).ratio;
  return ratio && ratio->ratio > 0 ? std::abs(std::log(ratio->ratio)) : 0;
}

}  // namespace

std::string_view to_string(gate_verdict verdict) {
  for (const auto& [value, name] : enum_names(verdict)) {
    if (value == verdict) return name;
  }
  return "?";
}

std::string verdict_word(const gate_comparison& comparison) {
  if (comparison.rule.mode == gate_mode::off) return "off";
  if (comparison.verdict == gate_verdict::inconclusive && comparison.not_worse) return "not worse";
  const std::string word(to_string(comparison.verdict));
  if (comparison.verdict != gate_verdict::regressed) return word;
  if (comparison.muted) return word + " (muted)";
  return comparison.rule.mode == gate_mode::warn ? word + " (warns)" : word;
}

std::string name_of(const gate_comparison& comparison, const gate_result& result) {
  const auto same =
      std::count_if(result.comparisons.begin(), result.comparisons.end(),
                    [&](const gate_comparison& other) { return other.name == comparison.name; });
  return same > 1 ? comparison.name + " " + comparison.metric : comparison.name;
}

const gate_evidence& decisive(const gate_comparison& comparison) {
  return comparison.confirmation ? *comparison.confirmation : comparison.screening;
}

std::string effect(const gate_evidence& evidence) {
  if (!evidence.ratio) return "–";
  return fmt::format("{} [{}, {}]", fine_ratio(evidence.ratio->ratio),
                     fine_ratio(evidence.ratio->lower), fine_ratio(evidence.ratio->upper));
}

std::string show_value(double value, const std::string& unit) {
  if (unit == "s") return show_seconds(value);
  if (unit == "bytes") return show_bytes(value);
  if (unit == "/s") return show_rate(value);
  return unit.empty() ? show_count(value) : show_count(value) + " " + unit;
}

std::string gate_headline(const gate_result& result) {
  const auto has = [&](rank wanted) {
    return std::count_if(result.comparisons.begin(), result.comparisons.end(),
                         [&](const gate_comparison& each) { return rank_of(each) == wanted; });
  };
  if (result.unfit) return "Unfit environment: " + *result.unfit;
  if (const auto blocking = has(rank::blocks); blocking > 0) {
    return fmt::format("Blocked: {} of {} regressed by more than the margin, confirmed.", blocking,
                       counted(result.comparisons.size(), "comparison"));
  }
  if (has(rank::failed) > 0) {
    return "Failed: not every comparison could be measured; of those that were, none blocks.";
  }
  if (result.interrupted) return "Interrupted before the verdicts were in; so far nothing blocks.";
  if (has(rank::only_warns) > 0) return "Passed: what regressed only warns, by its rule.";
  if (has(rank::inconclusive) > 0) {
    return "Passed: no regression was found, but not all comparisons came to a verdict.";
  }
  return "Passed: nothing regressed by more than the margin.";
}

std::vector<std::string> gate_summary(const gate_result& result) {
  std::vector<std::string> sentences;
  // Words in the order of concern, each with its count.
  std::vector<std::pair<std::string, std::size_t>> counts;
  for (const gate_comparison* each : by_concern(result)) {
    const std::string word = verdict_word(*each);
    if (counts.empty() || counts.back().first != word) counts.emplace_back(word, 0);
    ++counts.back().second;
  }
  std::vector<std::string> parts;
  for (const auto& [word, count] : counts) parts.push_back(fmt::format("{} {}", count, word));
  if (!parts.empty()) {
    sentences.push_back(fmt::format("{}: {}.", counted(result.comparisons.size(), "comparison"),
                                    fmt::join(parts, ", ")));
  }
  std::vector<double> detectable;
  for (const gate_comparison& each : result.comparisons) {
    if (each.verdict == gate_verdict::inconclusive && !each.not_worse && each.detectable) {
      detectable.push_back(*each.detectable);
    }
  }
  if (!detectable.empty()) {
    sentences.push_back(
        fmt::format("Where it is inconclusive, a change for the worse of up to {:.0f} % may have "
                    "gone unseen; a larger budget sees smaller ones.",
                    std::ceil(100 * *std::max_element(detectable.begin(), detectable.end()))));
  }
  if (result.self_check && decisive(*result.self_check).ratio && !result.unfit) {
    sentences.push_back(fmt::format("Self-check: the baseline against its own copy is {} over {}.",
                                    effect(decisive(*result.self_check)),
                                    counted(decisive(*result.self_check).pairs.size(), "pair")));
  }
  if (!result.only_baseline.empty() || !result.only_candidate.empty()) {
    sentences.push_back(
        fmt::format("Not compared: {} of the baseline only, {} of the candidate only.",
                    counted(result.only_baseline.size(), "benchmark"),
                    counted(result.only_candidate.size(), "benchmark")));
  }
  if (!result.baseline.digest.empty() && result.baseline.digest == result.candidate.digest) {
    sentences.push_back("Baseline and candidate are the same executable file.");
  }
  if (result.stolen && *result.stolen >= 0.01) {
    sentences.push_back(fmt::format("The hypervisor took {:.0f} % of the CPU time meanwhile.",
                                    100 * *result.stolen));
  }
  if (result.interrupted) sentences.push_back("The gate was interrupted.");
  return sentences;
}

std::vector<const gate_comparison*> by_concern(const gate_result& result) {
  std::vector<const gate_comparison*> order;
  for (const gate_comparison& each : result.comparisons) order.push_back(&each);
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return std::tuple(rank_of(*a), verdict_word(*a), -size_of_effect(*a)) <
           std::tuple(rank_of(*b), verdict_word(*b), -size_of_effect(*b));
  });
  return order;
}

bool concerns(const gate_comparison& comparison) {
  return rank_of(comparison) <= rank::inconclusive;
}

bool fails_build(const gate_comparison& comparison, const gate_result& result) {
  const rank own = rank_of(comparison);
  return own == rank::failed || (own == rank::blocks && !result.unfit);
}

}  // namespace regatta
