// SPDX-License-Identifier: Apache-2.0
#include "reports/service_advice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "reports/figures.hpp"

namespace regatta {
namespace {

constexpr double many_bytes = 64 * 1024;  // a request; copied between processes that is felt

const cell_result* find_cell(const workload_result& measured, const std::string& label) {
  for (const cell_result& cell : measured.cells) {
    if (cell.choice.label == label && cell.ok()) return &cell;
  }
  return nullptr;
}

double throughput_of(const cell_result& cell) {
  std::vector<double> all;
  for (const epoch_sample& epoch : cell.epochs) all.push_back(epoch.throughput);
  return median(all).value_or(0);
}

const raced_load* knee_load(const service_race_result& result) {
  for (const raced_load& load : result.loads) {
    if (!load.rate && load.place && *load.place < result.run.workloads.size()) return &load;
  }
  return nullptr;
}

const workload_result* knee_race(const service_race_result& result) {
  const raced_load* const load = knee_load(result);
  return load == nullptr ? nullptr : &result.run.workloads[*load->place];
}

double behind_of(const standing& place, const standing& leader, const std::string& metric) {
  if (place.behind) return std::max(0.0, place.behind->ratio - 1);
  if (place.label == leader.label || !(place.value > 0) || !(leader.value > 0)) return 0;
  const double ratio =
      metric == "throughput" ? leader.value / place.value : place.value / leader.value;
  return std::max(0.0, ratio - 1);
}

// How far it is behind for sure, where it may not be behind at all; without an interval, the
// estimate is all there is.
double known_behind(const standing& place, double behind) {
  if (!place.tied || !place.behind) return behind;
  return std::max(0.0, place.behind->lower - 1);
}

// Of the approaches that every load has a figure of.
std::vector<approach_regret> regrets_of(const service_race_result& result,
                                        const std::vector<recommendation>& races) {
  std::map<std::string, approach_regret> all;
  std::map<std::string, std::size_t> raced;
  std::size_t loads = 0;
  for (const raced_load& load : result.loads) {
    if (!load.place || *load.place >= races.size()) continue;
    const recommendation& race = races[*load.place];
    if (race.standings.empty()) continue;
    ++loads;
    for (const standing& place : race.standings) {
      approach_regret& regret = all[place.label];
      regret.label = place.label;
      ++raced[place.label];
      const double behind = behind_of(place, race.standings.front(), race.metric);
      regret.sum += behind;
      const double known = known_behind(place, behind);
      if (known <= regret.worst) continue;
      regret.worst = known;
      regret.load = load.name;
    }
  }
  std::vector<approach_regret> kept;
  for (const auto& [label, regret] : all) {
    if (raced[label] == loads) kept.push_back(regret);
  }
  std::sort(kept.begin(), kept.end(), [](const auto& one, const auto& other) {
    return std::pair(one.worst, one.sum) < std::pair(other.worst, other.sum);
  });
  return kept;
}

// Drops those whose figure is more than a tenth, and the slack, above the least.
template <class Figure>
void keep_least(std::vector<const cell_result*>& cells, double slack, Figure figure) {
  double least = HUGE_VAL;
  for (const cell_result* cell : cells) least = std::min<double>(least, figure(*cell));
  std::erase_if(cells,
                [&](const cell_result* cell) { return figure(*cell) > 1.1 * least + slack; });
}

// Whoever is as good as the best: what the service does already; else by CPU time, memory and
// simplicity, as ties of a race are broken.
std::string chosen_of(const service_race_result& result, const service_advice& advice) {
  const workload_result* const knee = knee_race(result);
  if (advice.regrets.empty() || knee == nullptr) return {};
  const double margin = result.run.plan.practical_difference;
  std::vector<const cell_result*> left;
  for (const approach_regret& each : advice.regrets) {
    if (each.worst > advice.regrets.front().worst + margin) break;
    if (each.label == result.fidelity->own.label) return each.label;
    if (const cell_result* const cell = find_cell(*knee, each.label)) left.push_back(cell);
  }
  keep_least(left, 0, [](const cell_result& cell) {
    return cell.usage ? cell.usage->user_seconds + cell.usage->system_seconds : 1e9;
  });
  keep_least(left, 1 << 20, [](const cell_result& cell) {
    const bool known = cell.memory && cell.memory->peak_pss;
    return known ? static_cast<double>(*cell.memory->peak_pss) : 1e18;
  });
  keep_least(left, 0, [](const cell_result& cell) { return cell.info.complexity; });
  return left.empty() ? std::string() : left.front()->choice.label;
}

std::optional<ratio_estimate> gain_of(const cell_result& choice, const cell_result& own,
                                      double confidence) {
  std::map<unsigned, double> of_own;
  for (const epoch_sample& epoch : own.epochs) of_own[epoch.block] = epoch.throughput;
  std::vector<double> ahead, behind;
  for (const epoch_sample& epoch : choice.epochs) {
    const auto same = of_own.find(epoch.block);
    if (same == of_own.end()) continue;
    ahead.push_back(epoch.throughput);
    behind.push_back(same->second);
  }
  return ratio_interval(ahead, behind, confidence);
}

void compare_with_own(service_advice& advice, const service_race_result& result) {
  const workload_result* const knee = knee_race(result);
  if (knee == nullptr) return;
  const cell_result* const choice = find_cell(*knee, advice.choice);
  const cell_result* const own = find_cell(*knee, result.fidelity->own.label);
  if (choice == nullptr) return;
  advice.brought = throughput_of(*choice);
  for (const backend_prediction& each : result.predictions) {
    if (each.model.backend == advice.choice) advice.expected = each.at(result.knee).throughput;
  }
  if (own == nullptr || advice.keep_own) return;
  advice.gain = gain_of(*choice, *own, result.run.plan.confidence);
  std::string text = fmt::format(
      "With {} requests at a time {} serves {}, and what the service does today {}: {} times",
      result.knee, advice.choice, show_rate(*advice.brought), show_rate(throughput_of(*own)),
      show_ratio(advice.gain ? advice.gain->ratio : *advice.brought / throughput_of(*own)));
  if (advice.gain) {
    text += fmt::format(" ({:.0f} % interval {} to {})", 100 * advice.gain->confidence,
                        show_ratio(advice.gain->lower), show_ratio(advice.gain->upper));
  }
  advice.because.push_back(text + ".");
}

void compare_latencies(service_advice& advice, const service_race_result& result) {
  for (const raced_load& load : result.loads) {
    if (!load.rate || !load.place || *load.place >= result.run.workloads.size()) continue;
    const workload_result& measured = result.run.workloads[*load.place];
    const cell_result* const choice = find_cell(measured, advice.choice);
    const cell_result* const own = find_cell(measured, result.fidelity->own.label);
    if (choice == nullptr || own == nullptr || choice == own) continue;
    const bool tail = choice->latency.p99 && own->latency.p99;
    const auto& mine = tail ? choice->latency.p99 : choice->latency.p50;
    const auto& today = tail ? own->latency.p99 : own->latency.p50;
    advice.because.push_back(fmt::format("Under {} ({}) its {} is {}, that of today's shape {}.",
                                         load.name, show_rate(*load.rate), tail ? "p99" : "median",
                                         show_seconds(mine), show_seconds(today)));
  }
}

void explain(service_advice& advice, const service_race_result& result) {
  compare_with_own(advice, result);
  compare_latencies(advice, result);
  if (advice.expected && advice.brought && *advice.expected > 0) {
    const double off = *advice.brought / *advice.expected - 1;
    advice.because.push_back(
        fmt::format("The model expected {} of it at the knee; raced, it is {:+.0f} %.",
                    show_rate(*advice.expected), 100 * off));
  }
  std::vector<std::string> equals;
  for (const approach_regret& each : advice.regrets) {
    const bool near =
        each.worst <= advice.regrets.front().worst + result.run.plan.practical_difference;
    if (near && each.label != advice.choice) equals.push_back(each.label);
  }
  if (!equals.empty()) {
    advice.because.push_back(
        fmt::format("Not measurably worse under any of the loads: {}; {}.", fmt::join(equals, ", "),
                    advice.keep_own ? "so the service may stay as it is"
                                    : "by CPU time, memory and simplicity it is this one"));
  }
}

std::string flip_text(const flip_point& flip, const char* direction, const std::string& choice) {
  return fmt::format("CPU per request {} {} ({:.2g} times today's): then {}, {}.", direction,
                     show_seconds(flip.cpu), flip.factor, flip.backend,
                     flip.is_simpler ? "which is as good there, and simpler"
                                     : fmt::format("which is ahead of {} there", choice));
}

void add_counter_indications(service_advice& advice, const service_race_result& result) {
  if (advice.flips.above) {
    advice.unless.push_back(flip_text(*advice.flips.above, "exceeds", advice.choice));
  }
  if (advice.flips.below) {
    advice.unless.push_back(flip_text(*advice.flips.below, "falls below", advice.choice));
  }
  const auto model = std::find_if(
      result.predictions.begin(), result.predictions.end(),
      [&](const backend_prediction& each) { return each.model.backend == advice.choice; });
  if (model == result.predictions.end()) return;
  const bool processes = advice.choice.find("process") != std::string::npos ||
                         advice.choice.find("shared-memory") != std::string::npos;
  const double payload = result.demand.bytes_in + result.demand.bytes_out;
  if (processes && payload > many_bytes) {
    advice.unless.push_back(fmt::format(
        "what goes to the processes is larger than the request: {} of a request are copied here.",
        show_bytes(payload)));
  }
  if (model->model.kind == server_kind::offloading) {
    advice.unless.push_back(
        "much of the CPU time is spent where it cannot be moved off the loop: parsing, TLS, the "
        "framework. All of it was moved here.");
  }
  if (model->model.kind == server_kind::pool && model->model.most_in_service > 0) {
    advice.unless.push_back(fmt::format(
        "more than {} requests are to be in service at a time: the others wait for a worker.",
        model->model.most_in_service));
  }
  if (result.demand.held > 0.1 * result.demand.cpu && model->model.kind != server_kind::pool) {
    advice.unless.push_back(
        fmt::format("the waits that hold a thread, {} a request, can be made asynchronous instead.",
                    show_seconds(result.demand.held)));
  }
  // What the races themselves found is the same under all loads.
  if (const raced_load* const load = knee_load(result)) {
    const recommendation& race = advice.races[*load->place];
    const bool leads = !race.choice.empty() && race.choice.front() == advice.choice;
    if (leads) advice.unless.insert(advice.unless.end(), race.unless.begin(), race.unless.end());
  }
}

void add_verification(service_advice& advice, const service_race_result& result,
                      const std::filesystem::path& file) {
  const std::string own = result.fidelity->own.label;
  const std::string both = advice.keep_own ? own : fmt::format("{} -b {}", advice.choice, own);
  advice.verify.push_back(fmt::format(
      "regatta run -w profiled-service --input {} -b {} --in-flight {} -p cpu-factor={:.3g}",
      file.string(), both, result.knee, result.calibration.cpu_factor));
  if (!advice.keep_own) {
    advice.verify.push_back(
        "Change one instance, put the same load on both (regatta load URL --rate …), profile both, "
        "and compare their latencies and CPU per request with those above.");
  }
}

}  // namespace

service_advice advise(const service_race_result& result, const std::filesystem::path& file) {
  service_advice advice;
  for (const workload_result& each : result.run.workloads) {
    advice.races.push_back(recommend(each, result.run));
  }
  if (!result.no_advice.empty() || result.interrupted || !result.fidelity) return advice;
  advice.regrets = regrets_of(result, advice.races);
  advice.choice = chosen_of(result, advice);
  if (advice.choice.empty()) return advice;
  advice.keep_own = advice.choice == result.fidelity->own.label;
  std::vector<backend_model> models;
  for (const backend_prediction& each : result.predictions) models.push_back(each.model);
  advice.flips =
      find_flip_points(result.demand, models, advice.choice, result.calibration.own_overhead,
                       result.cpus, result.knee, result.run.plan.practical_difference);
  explain(advice, result);
  add_counter_indications(advice, result);
  add_verification(advice, result, file);
  return advice;
}

}  // namespace regatta
