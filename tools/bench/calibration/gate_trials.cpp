// SPDX-License-Identifier: Apache-2.0
#include "tools/bench/calibration/gate_trials.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <span>

#include "harness/statistics/mann_whitney.hpp"
#include "harness/statistics/margin_test.hpp"
#include "harness/statistics/quantile.hpp"

namespace regatta::calibration {
namespace {

gate_trial run_trial(timed_work& work, gate_trial trial, const gate_settings& settings,
                     std::mt19937_64& random) {
  const std::uint64_t units = units_for(work, settings.slice, 20);
  const bool identical = trial.factor == 1;
  const double enough = 1 / settings.level;
  margin_test at_0(0);
  margin_test at_5(0.05);
  std::vector<double> ratios;
  std::vector<double> slices;
  while (ratios.size() < settings.pairs && (identical || !trial.found_at_5)) {
    ratios.push_back(paired_ratio(work, units, scaled(units, trial.factor), settings.quads, random,
                                  identical ? &slices : nullptr));
    at_0.add(ratios.back(), 1);
    at_5.add(ratios.back(), 1);
    if (!trial.found_at_0 && at_0.e_greater() >= enough) trial.found_at_0 = ratios.size();
    if (!trial.found_at_5 && at_5.e_greater() >= enough) trial.found_at_5 = ratios.size();
  }
  trial.pairs = ratios.size();
  trial.ratio = *median(ratios);
  const std::size_t together = 2 * settings.quads;
  for (std::size_t i = 0; i + together <= slices.size(); i += together) {
    double sum = 0;
    for (std::size_t j = i; j < i + together; ++j) sum += slices[j];
    trial.epochs.push_back(sum / static_cast<double>(together * units));
  }
  return trial;
}

void judge(common_design& design, std::span<const double> a, std::span<const double> b) {
  ++design.trials;
  const auto test = mann_whitney(b, a);
  design.mann_whitney += test && test->p < 0.05 && test->z > 0 ? 1 : 0;
  design.median += *median(b) > 1.05 * *median(a) ? 1 : 0;
}

std::span<const double> first_half(const gate_trial& trial) {
  return std::span(trial.epochs).first(trial.epochs.size() / 2);
}

}  // namespace

double paired_ratio(timed_work& work, std::uint64_t baseline, std::uint64_t candidate,
                    std::size_t quads, std::mt19937_64& random, std::vector<double>* slices) {
  std::vector<double> logs;
  for (std::size_t quad = 0; quad < quads; ++quad) {
    const bool candidate_outside = (random() & 1U) != 0;
    const std::uint64_t outer = candidate_outside ? candidate : baseline;
    const std::uint64_t inner = candidate_outside ? baseline : candidate;
    double times[4];
    for (int i = 0; i < 4; ++i) times[i] = work.seconds(i == 0 || i == 3 ? outer : inner);
    const double sign = candidate_outside ? 1 : -1;
    logs.push_back(sign * std::log(times[0] / times[1]));
    logs.push_back(sign * std::log(times[3] / times[2]));
    if (slices) slices->insert(slices->end(), std::begin(times), std::end(times));
  }
  return std::exp(*median(logs));
}

std::vector<gate_trial> run_gate_trials(all_work& works, const gate_settings& settings,
                                        std::mt19937_64& random, const progress& tell) {
  std::vector<gate_trial> trials;
  for (const double factor : {1.0, 1.1, 1.25}) {
    const std::size_t count = factor == 1 ? settings.identical : settings.slowed;
    for (std::size_t i = 0; i < count; ++i) {
      gate_trial trial;
      trial.work = i % works.size();
      trial.factor = factor;
      trials.push_back(trial);
    }
  }
  std::shuffle(trials.begin(), trials.end(), random);
  using clock = std::chrono::steady_clock;
  const clock::time_point start = clock::now();
  for (std::size_t i = 0; i < trials.size(); ++i) {
    trials[i].at = std::chrono::duration<double>(clock::now() - start).count();
    if (trials[i].at > settings.seconds) {
      trials.resize(i);
      break;
    }
    tell(i, trials.size());
    trials[i] = run_trial(*works[trials[i].work], trials[i], settings, random);
  }
  return trials;
}

common_design judge_blocked(const std::vector<const gate_trial*>& trials) {
  common_design design;
  for (const gate_trial* trial : trials) {
    const std::span<const double> all = trial->epochs;
    judge(design, first_half(*trial), all.subspan(all.size() / 2));
  }
  return design;
}

common_design judge_stored(const std::vector<const gate_trial*>& trials, double& age) {
  common_design design;
  std::vector<double> ages;
  const std::size_t lag = trials.size() / 2;
  for (std::size_t i = lag; i < trials.size(); ++i) {
    judge(design, first_half(*trials[i - lag]), first_half(*trials[i]));
    ages.push_back(trials[i]->at - trials[i - lag]->at);
  }
  age = median(ages).value_or(0);
  return design;
}

}  // namespace regatta::calibration
