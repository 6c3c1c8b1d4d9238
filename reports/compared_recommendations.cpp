// SPDX-License-Identifier: Apache-2.0
#include "reports/compared_recommendations.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reports/report_fields.hpp"

namespace regatta {
namespace {

using names = std::vector<std::string>;

std::string joined(const names& all) { return fmt::format("{}", fmt::join(all, ", ")); }

bool contains(const names& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

std::string said_by(const workload_result* measured, const recommendation* advice) {
  if (measured == nullptr) return "not in this run";
  if (measured->not_run) return "not run";
  switch (advice->outcome) {
    case verdict::winner:
      return advice->choice.front();
    case verdict::tie:
      return fmt::format("a tie of {}{}", joined(advice->choice),
                         advice->settled ? "" : ", not settled");
    case verdict::too_few:
      return "too few blocks";
    case verdict::nothing:
      break;
  }
  return "nothing";
}

// The runs that recommend something, by number.
std::vector<std::size_t> deciding(std::span<const workload_result* const> measured,
                                  std::span<const recommendation* const> advice) {
  std::vector<std::size_t> runs;
  for (std::size_t i = 0; i < measured.size(); ++i) {
    if (measured[i] == nullptr || measured[i]->not_run) continue;
    const verdict said = advice[i]->outcome;
    if (said == verdict::winner || said == verdict::tie) runs.push_back(i);
  }
  return runs;
}

names letters_of(const std::vector<std::size_t>& runs) {
  names letters;
  for (const std::size_t each : runs) letters.push_back(letter_of(each));
  return letters;
}

names common_choice(const std::vector<std::size_t>& runs,
                    std::span<const recommendation* const> advice) {
  names common = advice[runs.front()]->choice;
  for (const std::size_t each : runs) {
    std::erase_if(common,
                  [&](const std::string& label) { return !contains(advice[each]->choice, label); });
  }
  return common;
}

bool was_measured(const workload_result& one, const std::string& label) {
  return std::any_of(one.cells.begin(), one.cells.end(), [&](const cell_result& cell) {
    return cell.ok() && cell.choice.label == label;
  });
}

// The run whose whole choice another one did not measure, if there is one.
std::optional<std::string> not_raced(const std::vector<std::size_t>& runs,
                                     std::span<const workload_result* const> measured,
                                     std::span<const recommendation* const> advice) {
  for (const std::size_t each : runs) {
    for (const std::size_t other : runs) {
      const names& choice = advice[each]->choice;
      const bool any = std::any_of(choice.begin(), choice.end(), [&](const std::string& label) {
        return was_measured(*measured[other], label);
      });
      if (!any) {
        return fmt::format("{}, which {} recommends, was not measured in {}.", joined(choice),
                           letter_of(each), letter_of(other));
      }
    }
  }
  return std::nullopt;
}

bool is_behind(const standing& place) {
  return place.excluded.empty() && !place.tied && place.behind;
}

// How far two runs agree on the losers. Of more than two, the first against all others.
std::string losers(const std::vector<std::size_t>& runs,
                   std::span<const recommendation* const> advice) {
  std::size_t behind = 0;
  std::size_t everywhere = 0;
  for (const standing& place : advice[runs.front()]->standings) {
    if (!is_behind(place)) continue;
    ++behind;
    everywhere += std::all_of(runs.begin(), runs.end(), [&](std::size_t run) {
      const auto& others = advice[run]->standings;
      return std::any_of(others.begin(), others.end(), [&](const standing& other) {
        return other.label == place.label && is_behind(other);
      });
    });
  }
  if (behind == 0) return "";
  return fmt::format(" Of {} that {} found behind by more than δ, {} {} found so in {} as well.",
                     behind, letter_of(runs.front()), everywhere, everywhere == 1 ? "was" : "were",
                     joined(letters_of({runs.begin() + 1, runs.end()})));
}

std::string other_work(const compared_workload& workload) {
  names what;
  for (const run_difference& each : workload.differences) {
    if (each.loud) what.push_back(each.what);
  }
  if (what.empty()) return "";
  return fmt::format(" The work was not the same ({}).", joined(what));
}

// All that was chosen, in one run, under the load of the first.
std::string race_of(const std::vector<std::size_t>& runs,
                    std::span<const workload_result* const> measured,
                    std::span<const recommendation* const> advice) {
  const workload_plan& plan = measured[runs.front()]->plan;
  std::string command =
      fmt::format("regatta run -w {} --in-flight {}", plan.workload, plan.in_flight);
  if (plan.rate) command += fmt::format(" --rate {}", *plan.rate);
  command += fmt::format(" --scale {}", json_fields::write(plan.options.scale).get<std::string>());
  for (const auto& [name, value] : parameters_of(*measured[runs.front()])) {
    command += fmt::format(" -p {}={}", name, value);
  }
  names chosen;
  for (const std::size_t each : runs) {
    for (const std::string& label : advice[each]->choice) {
      if (contains(chosen, label)) continue;
      chosen.push_back(label);
      command += " -b " + label;
    }
  }
  return command;
}

}  // namespace

void compare_recommendations(compared_workload& workload,
                             std::span<const workload_result* const> measured,
                             std::span<const recommendation* const> advice) {
  for (std::size_t i = 0; i < measured.size(); ++i) {
    workload.said.push_back(said_by(measured[i], advice[i]));
  }
  const auto runs = deciding(measured, advice);
  if (runs.size() < 2) {
    workload.conclusion =
        runs.empty() ? "No run recommends anything."
                     : fmt::format("Only {} recommends anything.", letter_of(runs.front()));
    return;
  }
  if (workload.metric.empty()) {
    workload.conclusion =
        "The runs raced by different things, so that what they recommend answers different "
        "questions.";
    return;
  }
  const names common = common_choice(runs, advice);
  if (common.empty()) {
    if (const auto missing = not_raced(runs, measured, advice)) {
      workload.conclusion = *missing + " The recommendations cannot be held against each other.";
      return;
    }
    names each_says;
    for (const std::size_t each : runs) {
      each_says.push_back(fmt::format("{} says {}", letter_of(each), workload.said[each]));
    }
    workload.held = agreement::changed;
    workload.conclusion = fmt::format(
        "The recommendation changed: {}. Each was measured side by side and holds for its own run: "
        "something that differs between the runs decides.{}",
        joined(each_says), other_work(workload));
    workload.race = race_of(runs, measured, advice);
    return;
  }
  const bool winners = std::all_of(runs.begin(), runs.end(), [&](std::size_t each) {
    return advice[each]->outcome == verdict::winner;
  });
  workload.held = winners ? agreement::same_winner : agreement::compatible;
  workload.conclusion =
      (winners ? fmt::format("{} wins in {}.", common.front(), joined(letters_of(runs)))
               : fmt::format("{} {} the winner or in the tie set of {}.", joined(common),
                             common.size() == 1 ? "is" : "are each", joined(letters_of(runs)))) +
      losers(runs, advice) + other_work(workload);
}

}  // namespace regatta
