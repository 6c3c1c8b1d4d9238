// SPDX-License-Identifier: Apache-2.0
#include "harness/gate/gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "harness/digest.hpp"
#include "harness/gate/comparison_judge.hpp"
#include "harness/gate/gate_rules.hpp"
#include "harness/gate/gate_selection.hpp"
#include "harness/gate/pair_order.hpp"
#include "harness/gate/self_check.hpp"
#include "harness/runner/cell_process.hpp"
#include "harness/statistics/multiplicity.hpp"

namespace regatta {
namespace {

using std::chrono::duration;
using time_point = std::chrono::steady_clock::time_point;

// Screening ends here, so that what it finds at last can still be confirmed.
constexpr double screening_share = 0.75;
// Where nobody sets a budget: enough pairs for a verdict about most things, in bounds.
constexpr double usual_pairs = 30, usual_seconds = 60, most_seconds = 600;

using epoch_outcome = std::variant<gate_epoch, gate_failure>;

struct measured_pair {
  gate_pair frame;  ///< without the values
  epoch_outcome baseline, candidate;
};

/// A benchmark with the comparisons that its epochs serve.
struct benchmark {
  std::string name;
  pair_order order;
  std::vector<std::size_t> judges;
  double cost = 0;  ///< seconds its last pair took
};

// The pair as values of one metric, or why there are none.
std::variant<gate_pair, std::string> values_of(const measured_pair& pair,
                                               const std::string& metric) {
  const auto* const left = std::get_if<gate_failure>(&pair.baseline);
  const auto* const right = std::get_if<gate_failure>(&pair.candidate);
  if (left != nullptr && right != nullptr) {
    return fmt::format("both sides fail: the baseline {}; the candidate {}", left->why, right->why);
  }
  if (left != nullptr) return "the baseline " + left->why;
  if (right != nullptr) return "the candidate " + right->why;
  gate_pair values = pair.frame;
  for (const bool of_baseline : {true, false}) {
    const auto& epoch = std::get<gate_epoch>(of_baseline ? pair.baseline : pair.candidate);
    const auto found = epoch.values.find(metric);
    if (found == epoch.values.end()) {
      return fmt::format("the {} reported no {}{}", of_baseline ? "baseline" : "candidate", metric,
                         epoch.note.empty() ? "" : ": " + epoch.note);
    }
    (of_baseline ? values.baseline : values.candidate) = found->second;
  }
  return values;
}

class gate_run {
 public:
  gate_run(const gate_settings& settings, const gate_sides& sides, const gate_hooks& hooks)
      : settings_(settings),
        sides_(sides),
        hooks_(hooks),
        random_(settings.seed),
        check_order_(mix64(settings.seed)) {}

  gate_result run() {
    began_ = hooks_.now();
    result_.where = read_environment();
    result_.started_at = result_.where.started_at;
    result_.baseline = sides_.baseline.info();
    result_.candidate = sides_.candidate.info();
    result_.alpha = settings_.alpha;
    result_.seed = settings_.seed;
    const auto ticks = read_steal();
    try {
      prepare();
      measure();
    } catch (const interrupted_run&) {
      result_.interrupted = true;
    }
    finish();
    const auto ticks_after = read_steal();
    if (ticks && ticks_after) result_.stolen = steal_fraction(*ticks_after - *ticks);
    return std::move(result_);
  }

 private:
  double elapsed() const { return duration<double>(hooks_.now() - began_).count(); }

  void prepare() {
    hooks_.progress({"", "listing the benchmarks", 0, 0});
    gate_selection selection =
        select_comparisons(settings_, sides_.baseline, sides_.candidate, result_.started_at);
    result_.warnings = std::move(selection.warnings);
    result_.only_baseline = std::move(selection.only_baseline);
    result_.only_candidate = std::move(selection.only_candidate);
    warn_of_lonely("candidate", result_.only_baseline);
    warn_of_lonely("baseline", result_.only_candidate);
    for (const std::string& idle : idle_patterns(settings_.rules, selection.comparisons)) {
      result_.warnings.push_back(fmt::format("the rule for '{}' applies to nothing", idle));
    }

    const auto measured = static_cast<std::size_t>(
        std::count_if(selection.comparisons.begin(), selection.comparisons.end(),
                      [](const auto& each) { return each.rule.mode != gate_mode::off; }));
    double smallest_margin = 1e9;
    for (gate_comparison& each : selection.comparisons) {
      if (benchmarks_.empty() || benchmarks_.back().name != each.name) {
        const std::uint64_t seed = mix64(settings_.seed ^ digest_of(as_bytes(each.name)));
        benchmarks_.push_back({.name = each.name, .order = pair_order(seed), .judges = {}});
      }
      benchmarks_.back().judges.push_back(judges_.size());
      if (each.rule.mode != gate_mode::off) {
        smallest_margin = std::min(smallest_margin, each.rule.margin);
      }
      judges_.emplace_back(std::move(each), judge_rules{.alpha = settings_.alpha,
                                                        .max_pairs = settings_.max_pairs,
                                                        .comparisons = measured});
    }
    fewest_pairs_ = 1;
    const double enough = 2 * static_cast<double>(measured) / settings_.alpha;
    while (!fewest_above(fewest_pairs_, enough)) ++fewest_pairs_;
    if (fewest_pairs_ > settings_.max_pairs) {
      result_.warnings.push_back(
          fmt::format("no regression can be found: over {} comparisons that takes at least {} "
                      "pairs, and {} are allowed",
                      measured, fewest_pairs_, settings_.max_pairs));
    }
    if (sides_.copy != nullptr) {
      check_.emplace(smallest_margin, settings_.alpha, settings_.max_pairs);
    }
  }

  void warn_of_lonely(const char* lacking, const std::vector<std::string>& names) {
    if (names.empty()) return;
    result_.warnings.push_back(fmt::format("not compared, because the {} does not have it: {}",
                                           lacking, fmt::join(names, ", ")));
  }

  void measure() {
    bool planned = settings_.budget.has_value();
    result_.budget = planned ? duration<double>(*settings_.budget).count() : most_seconds;
    for (unsigned round = 1;; ++round) {
      const double round_began = elapsed();
      std::vector<std::size_t> open;
      for (std::size_t i = 0; i < benchmarks_.size(); ++i) {
        if (may_go_on(benchmarks_[i])) open.push_back(i);
      }
      if (open.empty()) break;
      std::shuffle(open.begin(), open.end(), random_);
      const std::string doing = fmt::format("round {}, {} of {} benchmarks undecided", round,
                                            open.size(), benchmarks_.size());
      for (const std::size_t each : open) {
        const double spent = elapsed();
        hooks_.progress({"", doing, planned ? std::min(1.0, spent / result_.budget) : 0, spent});
        if (may_go_on(benchmarks_[each])) visit(benchmarks_[each]);
      }
      check_self();
      if (round == 2) {  // the first one has much to do that comes once
        plan_time(elapsed() - round_began);
        planned = true;
      }
    }
    if (!planned && elapsed() < usual_seconds) result_.budget = usual_seconds;
  }

  void plan_time(double round_cost) {
    if (!settings_.budget) {
      const double wanted = std::ceil(usual_pairs * round_cost / screening_share);
      result_.budget = std::clamp(wanted, usual_seconds, most_seconds);
    }
    const double affordable = result_.budget * screening_share / round_cost;
    if (affordable >= static_cast<double>(fewest_pairs_)) return;
    result_.warnings.push_back(fmt::format(
        "the budget of {:.0f} s allows about {:.0f} pairs of each benchmark, and to find a "
        "regression takes at least {}: give --budget {:.0f}s, or measure fewer with --filter",
        result_.budget, affordable, fewest_pairs_,
        std::ceil(1.5 * static_cast<double>(fewest_pairs_) * result_.budget / affordable)));
  }

  bool may_go_on(const benchmark& which) const {
    const double then = elapsed() + which.cost;
    return std::any_of(which.judges.begin(), which.judges.end(), [&](std::size_t each) {
      const judge_phase phase = judges_[each].phase();
      if (phase == judge_phase::confirming) return then <= result_.budget;
      return phase == judge_phase::screening && then <= result_.budget * screening_share;
    });
  }

  // One pair, for all comparisons of the benchmark.
  void visit(benchmark& which) {
    const double visit_began = elapsed();
    const measured_pair pair = measure_pair(which.name, which.order, sides_.candidate);
    for (const std::size_t index : which.judges) {
      comparison_judge& judge = judges_[index];
      if (judge.phase() == judge_phase::decided) continue;
      const auto values = values_of(pair, judge.comparison().metric);
      if (const auto* const why = std::get_if<std::string>(&values)) {
        judge.fail(*why);
      } else {
        judge.add(std::get<gate_pair>(values));
      }
    }
    which.cost = elapsed() - visit_began;
    look();
  }

  measured_pair measure_pair(const std::string& name, pair_order& order, gate_subject& other) {
    measured_pair pair;
    pair.frame.launch = ++launches_;
    pair.frame.at = elapsed();
    const auto ticks = read_steal();
    std::vector<gate_epoch> baseline, candidate;
    for (unsigned i = 0; i < sides_.baseline.epochs_per_launch(); ++i) {
      const bool candidate_first = order.candidate_first();
      if (i == 0) pair.frame.candidate_first = candidate_first;
      if (candidate_first) pair.candidate = other.measure(name, launches_);
      pair.baseline = sides_.baseline.measure(name, launches_);
      if (!candidate_first) pair.candidate = other.measure(name, launches_);
      const auto* const left = std::get_if<gate_epoch>(&pair.baseline);
      const auto* const right = std::get_if<gate_epoch>(&pair.candidate);
      if (left == nullptr || right == nullptr) return pair;
      baseline.push_back(*left);
      candidate.push_back(*right);
    }
    pair.baseline = median_of(baseline);
    pair.candidate = median_of(candidate);
    const auto ticks_after = read_steal();
    if (ticks && ticks_after) pair.frame.steal = steal_fraction(*ticks_after - *ticks);
    return pair;
  }

  // What stands out is a matter of all comparisons together.
  void look() {
    std::vector<double> worse, better;
    std::vector<comparison_judge*> counted;
    for (comparison_judge& each : judges_) {
      if (each.comparison().rule.mode == gate_mode::off) continue;
      counted.push_back(&each);
      worse.push_back(each.p_worse());
      better.push_back(each.p_better());
    }
    worse = holm(worse);
    better = holm(better);
    for (std::size_t i = 0; i < counted.size(); ++i) {
      counted[i]->look(worse[i] <= settings_.alpha / 2, better[i] <= settings_.alpha / 2);
    }
  }

  // The next benchmark that works, baseline against copy.
  void check_self() {
    if (!check_ || !check_->open()) return;
    for (std::size_t tries = 0; tries < benchmarks_.size(); ++tries) {
      const benchmark& which = benchmarks_[next_check_++ % benchmarks_.size()];
      const gate_comparison& first = judges_[which.judges.front()].comparison();
      if (first.verdict == gate_verdict::failed || first.rule.mode == gate_mode::off) continue;
      const measured_pair pair = measure_pair(which.name, check_order_, *sides_.copy);
      const auto values = values_of(pair, first.metric);
      if (const auto* const why = std::get_if<std::string>(&values)) {
        result_.warnings.push_back(
            fmt::format("there is no self-check: of {}, with a copy of the baseline as the "
                        "candidate, {}",
                        which.name, *why));
        check_.reset();
      } else {
        check_->add(std::get<gate_pair>(values), first.better);
      }
      return;
    }
  }

  void finish() {
    const std::string ended =
        result_.interrupted
            ? "the gate was interrupted"
            : fmt::format("its part of the budget of {:.0f} s was used up", result_.budget);
    for (comparison_judge& each : judges_) result_.comparisons.push_back(each.finish(ended));
    if (check_) {
      result_.self_check = check_->finish();
      result_.unfit = check_->finding();
    }
    result_.seconds = elapsed();
  }

  const gate_settings& settings_;
  const gate_sides& sides_;
  const gate_hooks& hooks_;
  std::mt19937_64 random_;
  pair_order check_order_;
  time_point began_;
  gate_result result_;
  std::vector<comparison_judge> judges_;
  std::vector<benchmark> benchmarks_;
  std::optional<self_check> check_;
  std::size_t next_check_ = 0;
  std::size_t fewest_pairs_ = 1;  ///< that can find a regression
  unsigned launches_ = 0;
};

}  // namespace

gate_result run_gate(const gate_settings& settings, const gate_sides& sides,
                     const gate_hooks& hooks) {
  return gate_run(settings, sides, hooks).run();
}

}  // namespace regatta
