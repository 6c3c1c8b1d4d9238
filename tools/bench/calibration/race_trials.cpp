// SPDX-License-Identifier: Apache-2.0
#include "tools/bench/calibration/race_trials.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <optional>

#include "harness/statistics/quantile.hpp"

namespace regatta::calibration {
namespace {

struct arms {
  timed_work& work;
  std::array<std::uint64_t, 5> units{};
  std::size_t slices;

  double epoch(std::size_t arm) const {
    std::vector<double> times;
    for (std::size_t i = 0; i < slices; ++i) times.push_back(work.seconds(units[arm]));
    return *median(times);
  }
};

/// Complete blocks of those left. Slices of one epoch are spread over the block, each round in the
/// reverse order of the last, so that a disturbance hits all arms alike.
race_trial run_race(const arms& five, const race_settings& settings, race_trial trial,
                    std::mt19937_64& random) {
  race race(five.units.size(), settings.rules);
  while (race.state() == race_state::open && race.blocks() < settings.blocks) {
    const std::vector<std::size_t> contenders = race.contenders();
    const auto orders = williams_orders(contenders.size());
    auto order = orders[random() % orders.size()];
    std::array<std::vector<double>, 5> times;
    for (std::size_t slice = 0; slice < five.slices; ++slice) {
      for (const std::size_t place : order) {
        const std::size_t arm = contenders[place];
        times[arm].push_back(five.work.seconds(five.units[arm]));
      }
      std::reverse(order.begin(), order.end());
    }
    std::vector<std::optional<double>> costs;
    for (const auto& of_arm : times) costs.push_back(median(of_arm));
    race.add_block(costs);
  }
  const true_ratios& truth = raced_ratios[trial.ratios];
  const std::vector<std::size_t> contenders = race.contenders();
  const auto is_left = [&](std::size_t arm) {
    return std::find(contenders.begin(), contenders.end(), arm) != contenders.end();
  };
  trial.state = race.state();
  trial.chosen = truth[contenders.front()];
  trial.lost_best = !is_left(0);
  trial.kept_both = is_left(0) && is_left(1);
  trial.blocks = race.blocks();
  trial.epochs = race.arm_runs();
  return trial;
}

fixed_trial run_fixed(const arms& five, fixed_trial trial, std::mt19937_64& random) {
  std::vector<std::size_t> order(five.units.size());
  std::iota(order.begin(), order.end(), 0U);
  std::shuffle(order.begin(), order.end(), random);
  std::array<std::vector<double>, 5> times;
  for (const std::size_t arm : order) {
    for (std::size_t i = 0; i < fixed_sizes.back(); ++i) times[arm].push_back(five.epoch(arm));
  }
  for (std::size_t size = 0; size < fixed_sizes.size(); ++size) {
    const auto cost = [&](const std::vector<double>& of_arm) {
      return *median(std::span(of_arm).first(fixed_sizes[size]));
    };
    const auto best = std::min_element(times.begin(), times.end(), [&](auto& one, auto& other) {
      return cost(one) < cost(other);
    });
    trial.chosen[size] = raced_ratios[trial.ratios][static_cast<std::size_t>(best - times.begin())];
  }
  return trial;
}

}  // namespace

race_trials run_race_trials(all_work& works, const race_settings& settings, std::mt19937_64& random,
                            const progress& tell) {
  struct task {
    std::size_t ratios, work;
    bool fixed;
  };
  std::vector<task> tasks;
  const std::size_t kinds = raced_ratios.size() * works.size();
  for (std::size_t i = 0; i < settings.races; ++i) {
    const std::size_t kind = i % kinds;
    const std::size_t ratios = kind % raced_ratios.size();
    const bool differ = raced_ratios[ratios].back() > 1;
    tasks.push_back({ratios, kind / raced_ratios.size(), differ && (i / kinds) % 3 == 0});
  }
  std::shuffle(tasks.begin(), tasks.end(), random);

  race_trials all;
  using clock = std::chrono::steady_clock;
  const clock::time_point start = clock::now();
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (std::chrono::duration<double>(clock::now() - start).count() > settings.seconds) break;
    tell(i, tasks.size());
    arms five{*works[tasks[i].work], {}, settings.slices};
    const std::uint64_t units = units_for(five.work, settings.slice, 100);
    std::transform(raced_ratios[tasks[i].ratios].begin(), raced_ratios[tasks[i].ratios].end(),
                   five.units.begin(), [&](double ratio) { return scaled(units, ratio); });
    race_trial trial;
    trial.ratios = tasks[i].ratios;
    trial.work = tasks[i].work;
    all.races.push_back(run_race(five, settings, trial, random));
    if (!tasks[i].fixed) continue;
    all.fixed.push_back(
        run_fixed(five, {.ratios = tasks[i].ratios, .work = tasks[i].work, .chosen = {}}, random));
  }
  return all;
}

}  // namespace regatta::calibration
