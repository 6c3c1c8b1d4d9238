// SPDX-License-Identifier: Apache-2.0
#include "harness/statistics/race.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include "harness/statistics/quantile.hpp"

namespace regatta {

race::rivalry::rivalry(double difference)
    : at(difference), near(difference / 2), far(difference * 3 / 2) {}

void race::rivalry::add(double cost, double other) {
  if (!at.add(cost, other)) return;
  near.add(cost, other);
  far.add(cost, other);
  ahead += cost < other ? 1 : 0;
  behind += cost > other ? 1 : 0;
}

race::race(std::size_t arms, race_rules rules)
    : rules_(rules),
      rivals_(arms),
      arms_(arms),
      rivalries_(arms * (arms - std::min<std::size_t>(arms, 1)) / 2,
                 rivalry(rules.practical_difference)) {}

race::rivalry& race::between(std::size_t low, std::size_t high) {
  return rivalries_[high * (high - 1) / 2 + low];
}

const race::rivalry& race::between(std::size_t low, std::size_t high) const {
  return rivalries_[high * (high - 1) / 2 + low];
}

// Half of the error over the rivals of the one arm that must not be lost.
double race::elimination_threshold() const {
  const auto rivals = static_cast<double>(std::max<std::size_t>(rivals_, 2) - 1);
  return 2 * rivals / (1 - rules_.confidence);
}

// The other half over all pairs. A pair can be wrongly called tied from one side only: the true
// ratio is either too large or too small.
double race::pair_threshold() const {
  return elimination_threshold() * static_cast<double>(std::max<std::size_t>(rivals_, 2)) / 2;
}

double race::e_behind(std::size_t arm, std::size_t other) const {
  return arm < other ? between(arm, other).at.e_greater() : between(other, arm).at.e_less();
}

bool race::is_ahead_in_most(std::size_t arm, std::size_t other) const {
  const rivalry& both = between(std::min(arm, other), std::max(arm, other));
  return arm < other ? both.ahead > both.behind : both.behind > both.ahead;
}

bool race::is_tied(std::size_t arm, std::size_t other) const {
  const rivalry& both = between(std::min(arm, other), std::max(arm, other));
  const double enough = pair_threshold();
  return both.at.e_equivalent() >= enough ||
         (both.near.e_greater() >= enough && both.far.e_not_greater() >= enough) ||
         (both.near.e_less() >= enough && both.far.e_not_less() >= enough);
}

void race::add_block(std::span<const std::optional<double>> costs) {
  assert(costs.size() == arms_.size());
  for (std::size_t i = 0; i < arms_.size(); ++i) {
    entrant& one = arms_[i];
    const bool ran = one.runs() && costs[i] && std::isfinite(*costs[i]) && *costs[i] > 0;
    one.costs.push_back(ran ? costs[i] : std::nullopt);
    if (!ran) continue;
    ++arm_runs_;
    for (std::size_t j = 0; j < i; ++j) {
      if (arms_[j].costs.back()) between(j, i).add(*arms_[j].costs.back(), *one.costs.back());
    }
  }
  ++blocks_;
  eliminate();
}

// The clearest first, and only by an arm that is still there: whatever the data (medians of pairs
// can go in circles), one is left.
void race::eliminate() {
  for (;;) {
    std::size_t last = 0;
    std::size_t by = 0;
    double clearest = 0;
    for (std::size_t i = 0; i < arms_.size(); ++i) {
      for (std::size_t j = 0; j < arms_.size(); ++j) {
        if (i == j || !arms_[i].runs() || !arms_[j].runs()) continue;
        const double evidence = e_behind(i, j);
        if (evidence > clearest) std::tie(last, by, clearest) = std::tuple(i, j, evidence);
      }
    }
    if (clearest < elimination_threshold()) return;
    arms_[last].out = elimination{by, blocks_ - 1};
  }
}

void race::withdraw(std::size_t arm) {
  if (std::exchange(arms_[arm].withdrawn, true)) return;
  if (blocks_ == 0) {
    --rivals_;
    return;
  }
  // Whom it had driven out comes back, unless one that is left is ahead of it too.
  for (entrant& other : arms_) {
    if (other.out && other.out->by == arm) other.out.reset();
  }
  eliminate();
}

race_state race::state() const {
  const std::vector<std::size_t> left = contenders();
  if (left.size() == 1) return race_state::winner;
  const bool tied = std::all_of(left.begin(), left.end(), [&](std::size_t one) {
    return one == left.front() || is_tied(one, left.front());
  });
  return tied ? race_state::tie : race_state::open;
}

std::vector<std::size_t> race::contenders() const {
  std::vector<std::size_t> left;
  for (std::size_t i = 0; i < arms_.size(); ++i) {
    if (arms_[i].runs()) left.push_back(i);
  }
  using standing = std::tuple<std::size_t, double, std::size_t>;  // arms not behind, cost, arm
  std::vector<standing> standings;
  std::vector<double> costs;
  for (const std::size_t i : left) {
    costs.clear();
    for (const auto& cost : arms_[i].costs) {
      if (cost) costs.push_back(*cost);
    }
    const auto ahead = std::count_if(
        left.begin(), left.end(), [&](std::size_t j) { return i != j && is_ahead_in_most(i, j); });
    standings.emplace_back(left.size() - static_cast<std::size_t>(ahead),
                           median(costs).value_or(std::numeric_limits<double>::infinity()), i);
  }
  std::sort(standings.begin(), standings.end());
  for (std::size_t i = 0; i < left.size(); ++i) left[i] = std::get<2>(standings[i]);
  return left;
}

std::optional<race::elimination> race::elimination_of(std::size_t arm) const {
  return arms_[arm].out;
}

std::optional<ratio_estimate> race::ratio(std::size_t arm, std::size_t other) const {
  std::vector<double> numerators;
  std::vector<double> denominators;
  for (std::size_t block = 0; block < blocks_; ++block) {
    const auto& cost = arms_[arm].costs[block];
    const auto& against = arms_[other].costs[block];
    if (!cost || !against) continue;
    numerators.push_back(*cost);
    denominators.push_back(*against);
  }
  return anytime_ratio_interval(numerators, denominators, 1 - 2 / pair_threshold());
}

std::vector<std::vector<std::size_t>> williams_orders(std::size_t arms) {
  std::vector<std::vector<std::size_t>> orders;
  if (arms == 0) return orders;
  // 0, 1, n-1, 2, n-2, …: the differences of neighbours are all different, so that the n shifts of
  // it hold every ordered pair of neighbours once. For an odd n, the mirror images make up for it.
  std::vector<std::size_t> first;
  for (std::size_t i = 0; i < arms; ++i) {
    first.push_back(i % 2 == 1 ? (i + 1) / 2 : (arms - i / 2) % arms);
  }
  for (std::size_t shift = 0; shift < arms; ++shift) {
    std::vector<std::size_t> order;
    for (const std::size_t place : first) order.push_back((place + shift) % arms);
    orders.push_back(order);
    if (arms % 2 == 1 && arms > 1) orders.emplace_back(order.rbegin(), order.rend());
  }
  return orders;
}

}  // namespace regatta
