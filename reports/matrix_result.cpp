// SPDX-License-Identifier: Apache-2.0
#include "reports/matrix_result.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reports/figures.hpp"

namespace regatta {
namespace {

// A label is the backend's name, with options after a colon.
bool is_advised(const matrix_scenario& scenario, const std::string& label) {
  const std::string backend = label.substr(0, label.find(':'));
  return std::find(scenario.advice.begin(), scenario.advice.end(), backend) !=
         scenario.advice.end();
}

std::string reasons_of(const recommendation& advice) {
  std::string text;
  for (const std::string& reason : advice.because) text += " " + reason;
  return text;
}

}  // namespace

agreement agreement_of(const matrix_scenario& scenario, const matrix_answer& answer) {
  const recommendation& advice = answer.advice;
  // Where there were too few blocks, everything is in the tie set, the textbook's answer too.
  if (advice.choice.empty() || advice.outcome == verdict::too_few) return agreement::undecided;
  const bool named =
      std::any_of(advice.choice.begin(), advice.choice.end(),
                  [&](const std::string& label) { return is_advised(scenario, label); });
  return named ? agreement::same : agreement::differs;
}

std::string difference(const matrix_scenario& scenario, const matrix_answer& answer) {
  if (!answer.failure.empty()) return answer.failure;
  if (answer.advice.choice.empty()) return "no approach gave right answers";
  if (answer.advice.outcome == verdict::too_few) {
    return "too few blocks to tell the approaches apart: raise --budget";
  }
  if (agreement_of(scenario, answer) == agreement::same) return "";
  const auto& standings = answer.advice.standings;  // best first
  const auto best = std::find_if(standings.begin(), standings.end(), [&](const standing& each) {
    return is_advised(scenario, each.label);
  });
  const std::string& winner = answer.advice.choice.front();
  if (best == standings.end()) {
    return fmt::format("{} was measured, none of what the textbook names", winner);
  }
  if (!best->excluded.empty()) {
    return fmt::format("the textbook's {} {}", best->label, best->excluded);
  }
  std::string text = fmt::format("{} is ahead of the textbook's {} in {}", winner, best->label,
                                 answer.advice.metric);
  if (best->behind) {
    text += fmt::format(" by {} × [{}, {}]", show_ratio(best->behind->ratio),
                        show_ratio(best->behind->lower), show_ratio(best->behind->upper));
  }
  return text + "." + reasons_of(answer.advice);
}

}  // namespace regatta
