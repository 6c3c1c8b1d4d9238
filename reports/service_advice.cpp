// SPDX-License-Identifier: Apache-2.0
#include "reports/service_advice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "reports/figures.hpp"
#include "reports/service_choice.hpp"

namespace regatta {
namespace {

constexpr double many_bytes = 64 * 1024;  // a request; copied between processes that is felt

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
  advice.brought = served_by(*choice);
  for (const backend_prediction& each : result.predictions) {
    if (each.model.backend == advice.choice) advice.expected = each.at(result.knee).throughput;
  }
  if (own == nullptr || advice.keep_own) return;
  advice.gain = gain_of(*choice, *own, result.run.plan.confidence);
  std::string text = fmt::format(
      "With {} requests at a time {} serves {}, and what the service does today {}: {} times",
      result.knee, advice.choice, show_rate(*advice.brought), show_rate(served_by(*own)),
      show_ratio(advice.gain ? advice.gain->ratio : *advice.brought / served_by(*own)));
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
  advice.because.insert(advice.because.end(), advice.passed_over.begin(), advice.passed_over.end());
  if (!equals.empty()) {
    advice.because.push_back(
        fmt::format("Not measurably worse under any of the loads: {}; {}.", fmt::join(equals, ", "),
                    advice.keep_own ? "so the service may stay as it is"
                    : advice.passed_over.empty()
                        ? "by CPU time, memory and simplicity it is this one"
                        : "by room for more, CPU time, memory and simplicity it is this one"));
  }
}

std::string flip_text(const flip_point& flip, const char* direction, const std::string& choice,
                      const std::string& own) {
  return fmt::format("CPU per request {} {} ({:.2g} times today's): then {}, {}.", direction,
                     show_seconds(flip.cpu), flip.factor, flip.backend,
                     !flip.is_simpler      ? fmt::format("which is ahead of {} there", choice)
                     : flip.backend == own ? "what the service does today, is as good"
                                           : "which is as good there, and simpler");
}

void add_counter_indications(service_advice& advice, const service_race_result& result) {
  const std::string& own = result.fidelity->own.label;
  if (advice.flips.above) {
    advice.unless.push_back(flip_text(*advice.flips.above, "exceeds", advice.choice, own));
  }
  if (advice.flips.below) {
    advice.unless.push_back(flip_text(*advice.flips.below, "falls below", advice.choice, own));
  }
  const backend_prediction* const model = prediction_of(result, advice.choice);
  if (model == nullptr) return;
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
  const double threads = threads_per_cpu(result.demand);
  if (model->model.kind == server_kind::pool && threads > most_threads_per_cpu) {
    advice.unless.push_back(fmt::format(
        "many more requests are to be inside than the {} of the knee: each keeps a thread or a "
        "process, which waits for {:.0f} % of its time.",
        result.knee, 100 * (1 - 1 / threads)));
  }
  if (const double longest = longest_block(result, advice.choice); longest > 0) {
    advice.unless.push_back(
        fmt::format("something on its loops cannot wait for {}: so long one of them stood still.",
                    show_seconds(longest)));
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

// Where nothing else takes over from the choice: where today's shape is as good, as no change at
// all is the simplest.
flip_points flips_of(const service_advice& advice, const service_race_result& result) {
  const auto find = [&](const std::vector<backend_model>& models) {
    return find_flip_points(result.demand, models, advice.choice, result.calibration.own_overhead,
                            result.cpus, result.knee, result.run.plan.practical_difference);
  };
  std::vector<backend_model> all, two;
  for (const backend_prediction& each : result.predictions) {
    all.push_back(each.model);
    const bool own = each.model.backend == result.fidelity->own.label;
    if (!own && each.model.backend != advice.choice) continue;
    two.push_back(each.model);
    if (own) two.back().complexity = 0;
  }
  flip_points flips = find(all);
  if (advice.keep_own) return flips;
  const flip_points to_own = find(two);
  if (!flips.above) flips.above = to_own.above;
  if (!flips.below) flips.below = to_own.below;
  return flips;
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
  advice.flips = flips_of(advice, result);
  explain(advice, result);
  add_counter_indications(advice, result);
  add_verification(advice, result, file);
  return advice;
}

}  // namespace regatta
