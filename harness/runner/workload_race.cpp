// SPDX-License-Identifier: Apache-2.0
#include "harness/runner/workload_race.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "harness/constraint_check.hpp"

namespace regatta {
namespace {

// Beyond six a balanced set of orders takes more blocks than a race lasts.
constexpr std::size_t most_balanced = 6;
// As many as an interval over a dozen rivals needs: what is not raced gets one too.
constexpr unsigned shown_blocks = 12;
// Of an approach that has no rival.
constexpr unsigned lone_blocks = 24;

// Of p99, while it is still uncertain: only who is clearly above is out for good.
double sure_p99(const cell_result& cell) {
  return cell.latency.p99_interval ? cell.latency.p99_interval->lower : 0;
}

bool keeps_slo(const cell_result& cell, const constraints& required) {
  return !required.slo_p99 || (cell.latency.p99 && *cell.latency.p99 <= *required.slo_p99);
}

}  // namespace

workload_race::workload_race(const run_plan& plan, bool open_loop,
                             std::vector<const cell_result*> cells, std::uint64_t seed)
    : plan_(plan),
      open_loop_(open_loop),
      cells_(std::move(cells)),
      excluded_(cells_.size(), false),
      race_(cells_.size(), {plan.confidence, plan.practical_difference}),
      random_(seed) {
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    excluded_[i] = broken_constraint(*cells_[i], plan.required, 0).has_value();
    if (excluded_[i] || !runs(i)) race_.withdraw(i);
  }
}

std::vector<std::size_t> workload_race::runners() const {
  std::vector<bool> in_race(cells_.size(), !plan_.race);
  for (const std::size_t i : race_.contenders()) in_race[i] = true;
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const bool wanted = excluded_[i] ? blocks_ < shown_blocks : in_race[i];
    if (wanted && runs(i)) chosen.push_back(i);
  }
  return chosen;
}

std::vector<std::size_t> workload_race::next_order() {
  std::vector<std::size_t> now = runners();
  if (now.size() > most_balanced) {
    std::shuffle(now.begin(), now.end(), random_);
    return now;
  }
  if (now != last_runners_ || orders_.empty()) {
    orders_ = williams_orders(now.size());
    std::shuffle(orders_.begin(), orders_.end(), random_);
    last_runners_ = now;
  }
  if (orders_.empty()) return {};
  std::vector<std::size_t> order = std::move(orders_.back());
  orders_.pop_back();
  for (std::size_t& each : order) each = last_runners_[each];
  return order;
}

void workload_race::end_block() {
  if (blocks_ == 0) metric_ = metric_of(plan_.by, open_loop_, cells_);
  if (plan_.race) {
    std::vector<std::optional<double>> costs(cells_.size());
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      const auto& epochs = cells_[i]->epochs;
      if (epochs.empty() || epochs.back().block != blocks_) continue;
      costs[i] = cost_of(epochs.back(), metric_);
    }
    race_.add_block(costs);
  }
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    if (broken_constraint(*cells_[i], plan_.required, sure_p99(*cells_[i]))) excluded_[i] = true;
    if (excluded_[i] || !runs(i)) race_.withdraw(i);
  }
  ++blocks_;
}

std::optional<race::elimination> workload_race::elimination_of(std::size_t cell) const {
  return race_.elimination_of(cell);
}

bool workload_race::settled() const {
  if (!plan_.race || race_.state() == race_state::open) return false;
  // Nobody wins before it is shown to keep the limit.
  const std::vector<std::size_t> left = race_.contenders();
  return !left.empty() && std::all_of(left.begin(), left.end(), [&](std::size_t each) {
    return keeps_slo(*cells_[each], plan_.required);
  });
}

std::optional<std::string> workload_race::decision() const {
  const std::vector<std::size_t> left = runners();
  if (left.empty()) return "no approach was left";
  // Those that are only shown go on until they can be.
  const bool only_shown =
      std::any_of(left.begin(), left.end(), [&](std::size_t each) { return excluded_[each]; });
  if (only_shown || !settled()) return std::nullopt;
  const double percent = 100 * plan_.practical_difference;
  if (race_.state() == race_state::tie) {
    return fmt::format("those left are within {:g} % of the best", percent);
  }
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    if (race_.elimination_of(i)) {
      return fmt::format("every other approach is behind by more than {:g} %", percent);
    }
  }
  if (blocks_ < lone_blocks) return std::nullopt;
  return "there was no other approach to race";
}

}  // namespace regatta
