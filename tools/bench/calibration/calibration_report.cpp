// SPDX-License-Identifier: Apache-2.0
#include "tools/bench/calibration/calibration_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>

#include "harness/statistics/quantile.hpp"

namespace regatta::calibration {
namespace {

struct share {
  std::size_t hits = 0, of = 0;
  double value() const { return of == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(of); }
};

std::string percent(const share& part) {
  return part.of == 0 ? "-" : fmt::format("{:.1f} %", 100 * part.value());
}

/// With the 95 % interval of Clopper and Pearson.
std::string with_interval(const share& part) {
  using binomial = boost::math::binomial_distribution<double>;
  const auto n = static_cast<double>(part.of);
  const auto k = static_cast<double>(part.hits);
  const double lower = binomial::find_lower_bound_on_p(n, k, 0.025);
  const double upper = binomial::find_upper_bound_on_p(n, k, 0.025);
  return fmt::format("{}/{} = {:.1f} % [{:.1f}, {:.1f}]", part.hits, part.of, 100 * part.value(),
                     100 * lower, 100 * upper);
}

using trials = std::vector<const gate_trial*>;

/// In run order; `work` nullopt: all of them.
trials select(const calibration& measured, double factor, std::optional<std::size_t> work) {
  trials chosen;
  for (const gate_trial& trial : measured.gates) {
    if (trial.factor == factor && (!work || trial.work == *work)) chosen.push_back(&trial);
  }
  return chosen;
}

using found_at = std::optional<std::size_t> gate_trial::*;

share found(const trials& chosen, found_at when) {
  const auto hits = std::count_if(chosen.begin(), chosen.end(), [&](const gate_trial* trial) {
    return (trial->*when).has_value();
  });
  return {static_cast<std::size_t>(hits), chosen.size()};
}

std::string pairs_needed(const trials& chosen, found_at when) {
  std::vector<double> pairs;
  for (const gate_trial* trial : chosen) {
    if (trial->*when) pairs.push_back(static_cast<double>(*(trial->*when)));
  }
  const auto middle = median(pairs);
  return middle ? fmt::format("{:.0f}", *middle) : "-";
}

std::string gate_table(const calibration& measured) {
  std::string text = "| gate run | said |";
  for (const std::string& name : measured.works) text += fmt::format(" {} |", name);
  text += " all |\n|---|---|";
  for (std::size_t i = 0; i <= measured.works.size(); ++i) text += "---:|";
  text += "\n";
  using cell = std::function<std::string(std::optional<std::size_t>)>;
  const auto row = [&](const std::string& what, const std::string& said, const cell& value) {
    text += fmt::format("| {} | {} |", what, said);
    for (std::size_t i = 0; i < measured.works.size(); ++i) text += fmt::format(" {} |", value(i));
    text += fmt::format(" {} |\n", value(std::nullopt));
  };
  const auto add = [&](const std::string& what, double factor, const std::string& said,
                       found_at when) {
    row(what, said,
        [&](auto work) { return percent(found(select(measured, factor, work), when)); });
  };
  add("identical work", 1, "regressed, margin 0 %", &gate_trial::found_at_0);
  add("", 1, "regressed, margin 5 %", &gate_trial::found_at_5);
  for (const double factor : {1.1, 1.25}) {
    const std::string what = fmt::format("+{:.0f} % work", 100 * (factor - 1));
    add(what, factor, "regressed, margin 0 %", &gate_trial::found_at_0);
    add("", factor, "regressed, margin 5 %", &gate_trial::found_at_5);
    row("", "pairs needed, margin 5 % (median)", [&](auto work) {
      return pairs_needed(select(measured, factor, work), &gate_trial::found_at_5);
    });
  }

  const auto common = [&](std::optional<std::size_t> work, bool stored, double& age) {
    // A stored baseline is one of the same workload: over all of them, sum up.
    common_design sum;
    for (std::size_t i = 0; i < measured.works.size(); ++i) {
      if (work && *work != i) continue;
      const trials chosen = select(measured, 1, i);
      const common_design one = stored ? judge_stored(chosen, age) : judge_blocked(chosen);
      sum.trials += one.trials;
      sum.mann_whitney += one.mann_whitney;
      sum.median += one.median;
    }
    return sum;
  };
  double age = 0;
  common(std::nullopt, true, age);
  for (const bool stored : {false, true}) {
    const std::string design =
        stored ? fmt::format("identical work against a baseline stored {:.0f} s ago", age)
               : "identical work, A…A then B…B";
    row(design, "slower, Mann-Whitney p < 5 %", [&](auto work) {
      const common_design judged = common(work, stored, age);
      return percent({judged.mann_whitney, judged.trials});
    });
    row("", "slower, median > +5 %", [&](auto work) {
      const common_design judged = common(work, stored, age);
      return percent({judged.median, judged.trials});
    });
  }
  return text;
}

std::string join_ratios(const true_ratios& ratios) {
  return fmt::format("{}", fmt::join(ratios, ", "));
}

std::string race_table(const calibration& measured) {
  std::string text =
      "| true ratios | races | wrong winner | best lost | winner | tie | undecided | epochs "
      "(median) | same blocks for all |";
  for (const std::size_t size : fixed_sizes) text += fmt::format(" blocked {} |", 5 * size);
  text += "\n|---|---:|---:|---:|---:|---:|---:|---:|---:|";
  for (std::size_t i = 0; i < fixed_sizes.size(); ++i) text += "---:|";
  text += "\n";
  for (std::size_t kind = 0; kind < raced_ratios.size(); ++kind) {
    share wrong, lost, winner, tie, open;
    std::vector<double> epochs;
    std::vector<double> same_blocks;
    for (const race_trial& trial : measured.races.races) {
      if (trial.ratios != kind) continue;
      const auto count = [](share& part, bool hit) {
        ++part.of;
        part.hits += hit ? 1 : 0;
      };
      count(wrong, trial.state != race_state::open && trial.chosen > 1.05);
      count(lost, trial.lost_best);
      count(winner, trial.state == race_state::winner);
      count(tie, trial.state == race_state::tie);
      count(open, trial.state == race_state::open);
      epochs.push_back(static_cast<double>(trial.epochs));
      same_blocks.push_back(static_cast<double>(5 * trial.blocks));
    }
    text += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {:.0f} | {:.0f} |",
                        join_ratios(raced_ratios[kind]), wrong.of, percent(wrong), percent(lost),
                        percent(winner), percent(tie), percent(open), median(epochs).value_or(0),
                        median(same_blocks).value_or(0));
    for (std::size_t size = 0; size < fixed_sizes.size(); ++size) {
      share blocked;
      for (const fixed_trial& trial : measured.races.fixed) {
        if (trial.ratios != kind) continue;
        ++blocked.of;
        blocked.hits += trial.chosen[size] > 1.05 ? 1 : 0;
      }
      text += fmt::format(" {} |", percent(blocked));
    }
    text += "\n";
  }
  return text;
}

/// Of arms that differ: where all are equal, nobody can be wrong.
share wrong_races(const calibration& measured) {
  share wrong;
  for (const race_trial& trial : measured.races.races) {
    if (raced_ratios[trial.ratios].back() == 1) continue;
    ++wrong.of;
    wrong.hits += trial.state != race_state::open && trial.chosen > 1.05 ? 1 : 0;
  }
  return wrong;
}

/// What fixed sampling needs to be wrong no more often.
std::string fixed_text(const calibration& measured) {
  const share race = wrong_races(measured);
  std::vector<double> epochs;
  for (const race_trial& trial : measured.races.races) {
    if (raced_ratios[trial.ratios].back() > 1) epochs.push_back(static_cast<double>(trial.epochs));
  }
  std::string text = fmt::format(
      "Over the arms that differ: the race was wrong in {}/{} with a "
      "median of {:.0f} epochs; one arm after the other in",
      race.hits, race.of, median(epochs).value_or(0));
  std::optional<std::size_t> enough;
  for (std::size_t size = 0; size < fixed_sizes.size(); ++size) {
    share blocked;
    for (const fixed_trial& trial : measured.races.fixed) {
      ++blocked.of;
      blocked.hits += trial.chosen[size] > 1.05 ? 1 : 0;
    }
    text += fmt::format(" {}/{} with {},", blocked.hits, blocked.of, 5 * fixed_sizes[size]);
    if (!enough && blocked.value() <= race.value()) enough = 5 * fixed_sizes[size];
  }
  return text + (enough ? fmt::format(" so that {} are enough to be no worse.\n", *enough)
                        : " so that none of these is enough to be no worse.\n");
}

std::string promises(const calibration& measured) {
  const share wrong = wrong_races(measured);
  struct promise {
    std::string what;
    share seen;
    double limit;
    bool at_most;
  };
  const auto gate = [&](double factor, found_at when) {
    return found(select(measured, factor, std::nullopt), when);
  };
  const promise all[] = {
      {"false \"regressed\" at margin 0 %, any look", gate(1, &gate_trial::found_at_0), 0.025,
       true},
      {"false \"regressed\" at margin 5 %, any look", gate(1, &gate_trial::found_at_5), 0.002,
       true},
      {"+10 % found at margin 0 %", gate(1.1, &gate_trial::found_at_0), 0.90, false},
      {"+10 % found at margin 5 %", gate(1.1, &gate_trial::found_at_5), 0.75, false},
      {"+25 % found at margin 5 %", gate(1.25, &gate_trial::found_at_5), 0.95, false},
      {"wrong winner of a race", wrong, 1 - measured.race.rules.confidence, true}};
  std::string text = "| promise | limit | measured [95 % interval] | kept |\n|---|---:|---:|---|\n";
  for (const promise& one : all) {
    if (one.seen.of == 0) continue;
    const double value = one.seen.value();
    const bool kept = one.at_most ? value <= one.limit : value >= one.limit;
    text += fmt::format("| {} | {} {:.1f} % | {} | {} |\n", one.what, one.at_most ? "≤" : "≥",
                        100 * one.limit, with_interval(one.seen), kept ? "yes" : "**no**");
  }
  return text;
}

std::string load_text(const environment& where) {
  return where.load_average ? fmt::format("{:.1f}", (*where.load_average)[0]) : "unknown";
}

}  // namespace

std::string to_markdown(const calibration& measured) {
  const gate_settings& gate = measured.gate;
  std::string text = measured.simulated
                         ? std::string("Simulated machines")
                         : fmt::format("{}, {} CPUs usable, load average {} before and {} after",
                                       measured.before.cpu_model, measured.before.cpus.usable,
                                       load_text(measured.before), load_text(measured.after));
  text += fmt::format(
      ", {:.0f} s, seed {}.\n"
      "A pair is the median ratio of {} adjacent slices of {:.0f} µs; at most {} pairs; one-sided "
      "level {:.1f} %, looked at after every pair.\n\n",
      measured.seconds, measured.seed, 2 * gate.quads, 1e6 * gate.slice, gate.pairs,
      100 * gate.level);
  if (!measured.gates.empty()) text += gate_table(measured) + "\n";
  if (!measured.races.races.empty()) {
    text += race_table(measured) + "\n" + fixed_text(measured) + "\n";
  }
  return text + promises(measured);
}

nlohmann::json to_json(const calibration& measured) {
  using nlohmann::json;
  const auto or_null = [](const std::optional<std::size_t>& value) {
    return value ? json(*value) : json(nullptr);
  };
  json gates = json::array();
  for (const gate_trial& trial : measured.gates) {
    gates.push_back({{"workload", measured.works[trial.work]},
                     {"factor", trial.factor},
                     {"at_s", trial.at},
                     {"pairs", trial.pairs},
                     {"ratio", trial.ratio},
                     {"regressed_at_0", or_null(trial.found_at_0)},
                     {"regressed_at_5", or_null(trial.found_at_5)},
                     {"seconds_per_unit", trial.epochs}});
  }
  json races = json::array();
  const auto state_name = [](race_state state) {
    return state == race_state::open ? "open" : state == race_state::tie ? "tie" : "winner";
  };
  for (const race_trial& trial : measured.races.races) {
    races.push_back({{"workload", measured.works[trial.work]},
                     {"ratios", raced_ratios[trial.ratios]},
                     {"state", state_name(trial.state)},
                     {"chosen", trial.chosen},
                     {"lost_best", trial.lost_best},
                     {"kept_two_fastest", trial.kept_both},
                     {"blocks", trial.blocks},
                     {"epochs", trial.epochs}});
  }
  json fixed = json::array();
  for (const fixed_trial& trial : measured.races.fixed) {
    fixed.push_back({{"workload", measured.works[trial.work]},
                     {"ratios", raced_ratios[trial.ratios]},
                     {"epochs_per_arm", fixed_sizes},
                     {"chosen", trial.chosen}});
  }
  return {{"started_at", measured.before.started_at},
          {"cpu_model", measured.before.cpu_model},
          {"usable_cpus", measured.before.cpus.usable},
          {"seconds", measured.seconds},
          {"seed", measured.seed},
          {"simulated", measured.simulated},
          {"gate",
           {{"pairs", measured.gate.pairs},
            {"quads", measured.gate.quads},
            {"slice_s", measured.gate.slice},
            {"level", measured.gate.level}}},
          {"race",
           {{"blocks", measured.race.blocks},
            {"slices", measured.race.slices},
            {"slice_s", measured.race.slice},
            {"confidence", measured.race.rules.confidence},
            {"practical_difference", measured.race.rules.practical_difference}}},
          {"gate_runs", gates},
          {"races", races},
          {"fixed", fixed}};
}

}  // namespace regatta::calibration
