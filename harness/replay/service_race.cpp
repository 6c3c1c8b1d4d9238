// SPDX-License-Identifier: Apache-2.0
#include "harness/replay/service_race.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "harness/platform/cpu_limits.hpp"
#include "harness/replay/own_shape.hpp"
#include "harness/replay/replayed_cell.hpp"
#include "harness/replay/without_queueing.hpp"
#include "harness/statistics/quantile.hpp"

namespace regatta {
namespace {

using std::chrono::duration;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr const char* replay = "profiled-service";
constexpr std::uint64_t fewest_samples = 30;
constexpr double calibration_wait = 2e-3;  // seconds: an overhead does not depend on the waits
constexpr unsigned calibration_in_flight = 8;
constexpr unsigned most_in_flight = 512;
// Above it a closed loop is replayed: arrivals at random would wait for ever longer.
constexpr double steady_utilisation = 0.7;
constexpr double near_the_front = 0.75;
constexpr unsigned most_replays = 3;  // of the service as it is, before there is no advice
constexpr unsigned most_alike = 2;    // that the model cannot tell apart but by their overheads

class replayed_service {
 public:
  replayed_service(const service_race_plan& plan, const run_hooks& hooks)
      : plan_(plan), hooks_(hooks), began_(steady_clock::now()) {
    result_.source = plan.model.source;
    result_.demand = demand_of(plan.model);
    result_.pool = plan.model.pool;
    result_.cpus = read_cpu_limits().usable;
    const backend_model own = model_of(plan_.own, most_in_flight, plan_.lock);
    result_.calibration.sleep_factor = sleep_without_queueing(demand(), own, result_.cpus);
    result_.demand = with_sleep(demand(), result_.calibration.sleep_factor);
  }

  service_race_result race() {
    if (plan_.only_predict) return predict_own();
    const bool replayed = enough_evidence() && calibrate() && replay_own_shape();
    if (replayed) race_loads();
    result_.seconds = duration<double>(steady_clock::now() - began_).count();
    return std::move(result_);
  }

 private:
  // What one measurement of the replay varies.
  struct setting {
    double cpu_factor = 1, wait_factor = 1, wait_trim = 0;
    unsigned in_flight = 1;
    std::optional<double> rate = std::nullopt;
    std::vector<backend_choice> backends = {};
  };

  const service_demand& demand() const { return result_.demand; }

  // Its overhead is in its CPU time already.
  service_race_result predict_own() {
    if (enough_evidence()) {
      const backend_prediction& own = result_.predictions.emplace_back(
          predicted(model_of(plan_.own, most_in_flight, plan_.lock), most_in_flight));
      result_.knee =
          static_cast<unsigned>(std::clamp(std::ceil(own.knee), 1.0, double{most_in_flight}));
      refuse("No advice: nothing was replayed, only today's shape was predicted.");
    }
    return std::move(result_);
  }

  bool refuse(std::string why) {
    result_.no_advice = std::move(why);
    return false;
  }

  bool enough_evidence() {
    if (demand().samples < fewest_samples) {
      return refuse(
          fmt::format("The profile has {} samples of requests; {} are the least: profile "
                      "longer, or under more load.",
                      demand().samples, fewest_samples));
    }
    if (!(demand().cpu > 0)) {
      return refuse(
          "The profile's requests have no CPU time: nothing can be said of where to "
          "compute.");
    }
    return true;
  }

  workload_plan plan_of(const setting& how) const {
    workload_plan mine;
    mine.workload = replay;
    mine.options.input = plan_.file;
    mine.options.seed = plan_.seed;
    mine.options.parameters = {{"cpu-factor", how.cpu_factor},
                               {"wait-factor", how.wait_factor},
                               {"sleep-factor", result_.calibration.sleep_factor},
                               {"wait-trim", 1e6 * how.wait_trim}};
    mine.in_flight = how.in_flight;
    mine.rate = how.rate;
    mine.backends = how.backends;
    return mine;
  }

  run_plan plan_of(std::vector<workload_plan> workloads, double budget_share) const {
    run_plan plan;
    plan.suite = "profile race";
    plan.workloads = std::move(workloads);
    plan.budget = duration_cast<milliseconds>(budget_share * plan_.budget);
    plan.card_budget = {};
    plan.lock = plan_.lock;
    plan.seed = plan_.seed;
    plan.confidence = plan_.confidence;
    plan.practical_difference = plan_.practical_difference;
    return plan;
  }

  run_result measure(const run_plan& plan, const char* doing) {
    run_hooks hooks = hooks_;
    hooks.progress = [&](run_progress progress) {
      progress.workload = doing;
      hooks_.progress(progress);
    };
    run_result measured = run(plan, hooks);
    result_.interrupted = result_.interrupted || measured.interrupted;
    return measured;
  }

  // Its one workload; throws if it could not be measured at all.
  workload_result measure(const setting& how, double budget_share, unsigned blocks,
                          const char* doing) {
    run_plan plan = plan_of({plan_of(how)}, budget_share);
    plan.race = false;
    plan.most_blocks = blocks;
    run_result measured = measure(plan, doing);
    workload_result& one = measured.workloads.at(0);
    if (one.not_run) throw std::runtime_error(*one.not_run);
    return std::move(one);
  }

  double calibration_wait_factor() const {
    const double waits = demand().held + demand().waiting;
    return waits > calibration_wait ? calibration_wait / waits : 1;
  }

  bool calibrate() {
    std::vector<backend_choice> all = plan_.rivals;
    const bool among = std::any_of(all.begin(), all.end(), [&](const backend_choice& each) {
      return each.label == plan_.own.label;
    });
    if (!among) all.insert(all.begin(), plan_.own);
    const double waits = calibration_wait_factor();
    const workload_result idle = measure({.cpu_factor = 0,
                                          .wait_factor = waits,
                                          .in_flight = calibration_in_flight,
                                          .backends = std::move(all)},
                                         0.12, 3, "what the approaches cost themselves");
    if (result_.interrupted) return false;
    replay_calibration& set = result_.calibration;
    for (const cell_result& cell : idle.cells) {
      set.overheads.push_back({cell.choice.label, cpu_of(cell), cell.reason});
    }
    const workload_result alone =
        measure({.wait_factor = waits, .in_flight = 1, .backends = {plan_.own}}, 0.08, 4,
                "one request at a time");
    const workload_result empty =
        measure({.cpu_factor = 0, .wait_factor = waits, .in_flight = 1, .backends = {plan_.own}},
                0.08, 4, "one request at a time, without its computing");
    if (result_.interrupted) return false;
    return set_factors(alone.cells.at(0), empty.cells.at(0), waits);
  }

  bool set_factors(const cell_result& alone, const cell_result& empty, double waits) {
    const auto with = cpu_of(alone);
    const auto without = cpu_of(empty);
    if (!with || !without) {
      return refuse(fmt::format("The service's own shape, {}, could not be replayed: {}.",
                                plan_.own.label, alone.reason + empty.reason));
    }
    replay_calibration& set = result_.calibration;
    set.own_overhead = *without;
    for (const replay_overhead& each : set.overheads) {
      if (each.backend == plan_.own.label && each.cpu) set.own_overhead = *each.cpu;
    }
    if (set.own_overhead >= 0.7 * demand().cpu || *with <= *without || !(asked_of(alone) > 0)) {
      return refuse(fmt::format(
          "The service's requests take {:.0f} us of CPU and the replay alone {:.0f} us: they are "
          "too small to be replayed.",
          1e6 * demand().cpu, 1e6 * set.own_overhead));
    }
    const double used = (*with - *without) / asked_of(alone);
    set.cpu_factor = (1 - set.own_overhead / demand().cpu) / used;
    const double throughput = throughput_of(empty);
    if (demand().waits > 0 && throughput > 0) {
      const double asked = waits * (demand().held + demand().waiting);
      set.wait_trim = std::max(0.0, (1 / throughput - *without - asked) / demand().waits);
    }
    return true;
  }

  std::vector<backend_model> models(unsigned in_flight) const {
    std::vector<backend_model> all;
    for (const backend_choice& choice : plan_.rivals) {
      backend_model model = model_of(choice, in_flight, plan_.lock);
      for (const replay_overhead& each : result_.calibration.overheads) {
        if (each.backend != choice.label || !each.cpu) continue;
        model.overhead = *each.cpu;
        all.push_back(model);
      }
    }
    return all;
  }

  backend_prediction predicted(const backend_model& model, unsigned in_flight) const {
    return predict(demand(), model, result_.calibration.own_overhead, result_.cpus, in_flight);
  }

  setting faithful() const {
    return {.cpu_factor = result_.calibration.cpu_factor,
            .wait_trim = result_.calibration.wait_trim};
  }

  // Enough for Poisson arrivals at that rate to find a place.
  unsigned places_for(double rate) const {
    const double inside = 4 * rate * demand().latency;
    return static_cast<unsigned>(std::clamp(inside, 64.0, 1024.0));
  }

  // Its CPU time, if the requests of its epochs had been the profile's average.
  std::optional<double> like_the_profiled(const cell_result& cell) const {
    const auto used = cpu_of(cell);
    const replay_calibration& set = result_.calibration;
    if (!used || !(asked_of(cell) > 0)) return std::nullopt;
    return set.own_overhead +
           (*used - set.own_overhead) * set.cpu_factor * demand().cpu / asked_of(cell);
  }

  bool replay_own_shape() {
    replay_fidelity& fidelity = result_.fidelity.emplace();
    fidelity.own = plan_.own;
    fidelity.why = plan_.why_own;
    fidelity.most_off = plan_.most_off;
    fidelity.profiled_throughput = demand().rate;
    fidelity.profiled_latency = demand().latency_p50;
    fidelity.profiled_cpu = demand().cpu;

    backend_model own = model_of(plan_.own, most_in_flight, plan_.lock);
    own.overhead = result_.calibration.own_overhead;
    const double most = predicted(own, most_in_flight).most_throughput;
    setting how = faithful();
    how.backends = {plan_.own};
    if (demand().rate < steady_utilisation * most) {
      how.rate = fidelity.rate = demand().rate;
      how.in_flight = places_for(demand().rate);
    } else {
      how.in_flight = static_cast<unsigned>(
          std::clamp(std::round(demand().concurrency), 1.0, double{most_in_flight}));
    }
    fidelity.in_flight = how.in_flight;
    std::vector<epoch_sample> epochs;
    std::vector<double> cpu;
    for (unsigned replay = 1; replay <= most_replays; ++replay) {
      const double share = replay == 1 ? 0.15 : 0.08;
      const workload_result measured = measure(how, share, 8, "the service as it is");
      if (result_.interrupted) return false;
      const cell_result& cell = measured.cells.at(0);
      if (!cell.ok()) {
        return refuse(fmt::format("The service's own shape, {}, could not be replayed: {}.",
                                  plan_.own.label, cell.reason));
      }
      fidelity.each_off.push_back(with_medians(fidelity, cell.epochs).off());
      epochs.insert(epochs.end(), cell.epochs.begin(), cell.epochs.end());
      if (const auto used = like_the_profiled(cell)) cpu.push_back(*used);
      fidelity = with_medians(std::move(fidelity), epochs);
      fidelity.replayed_cpu = median(cpu);
      if (fidelity.good()) return true;
    }
    return refuse(fmt::format(
        "No advice: replayed as it is, the service is off its profile by {:.0f} % (median of {} "
        "replays, which were off by {:.0f} to {:.0f} %), and {:.0f} % is the most that advice can "
        "be built on.",
        100 * fidelity.off(), fidelity.each_off.size(),
        100 * *std::min_element(fidelity.each_off.begin(), fidelity.each_off.end()),
        100 * *std::max_element(fidelity.each_off.begin(), fidelity.each_off.end()),
        100 * fidelity.most_off));
  }

  void predict_all() {
    std::vector<backend_prediction>& all = result_.predictions;
    double best = 0;
    for (const backend_model& model : models(most_in_flight)) {
      all.push_back(predicted(model, most_in_flight));
      if (all.back().most_throughput > best) {
        best = all.back().most_throughput;
        result_.knee = static_cast<unsigned>(
            std::clamp(std::ceil(all.back().knee), 2.0, double{most_in_flight}));
      }
    }
    std::stable_sort(all.begin(), all.end(), [&](const auto& one, const auto& other) {
      return one.at(result_.knee).throughput > other.at(result_.knee).throughput;
    });
  }

  std::vector<backend_choice> favourites() const {
    std::vector<backend_choice> chosen;
    const auto add = [&](const std::string& label) {
      const auto found = std::find_if(plan_.rivals.begin(), plan_.rivals.end(),
                                      [&](const auto& each) { return each.label == label; });
      if (found != plan_.rivals.end()) chosen.push_back(*found);
    };
    std::map<server_kind, unsigned> of_kind;
    for (const backend_prediction& each : result_.predictions) {
      const double first = result_.predictions.front().at(result_.knee).throughput;
      const bool near = each.at(result_.knee).throughput >= near_the_front * first;
      if (each.model.backend == plan_.own.label) continue;
      unsigned& alike = of_kind[each.model.kind];
      if (plan_.prune && (!near || alike == most_alike)) continue;
      ++alike;
      add(each.model.backend);
    }
    chosen.insert(chosen.begin(), plan_.own);
    return chosen;
  }

  void add_load(std::vector<workload_plan>& plans, raced_load load,
                const std::vector<backend_choice>& rivals) {
    double most = 0;
    for (const backend_prediction& each : result_.predictions) {
      most = std::max(most, each.most_throughput);
    }
    if (load.rate && *load.rate > 0.95 * most) {
      load.skipped = fmt::format(
          "{} ({:.0f}/s) was not raced: no approach is expected to serve more than {:.0f}/s here.",
          load.name, *load.rate, most);
    } else {
      setting how = faithful();
      how.in_flight = load.in_flight;
      how.rate = load.rate;
      how.backends = rivals;
      load.place = plans.size();
      plans.push_back(plan_of(how));
    }
    result_.loads.push_back(std::move(load));
  }

  void race_loads() {
    predict_all();
    if (result_.predictions.empty()) {
      refuse("None of the approaches could be measured.");
      return;
    }
    const auto rivals = favourites();
    std::vector<workload_plan> plans;
    for (const auto& [name, factor] :
         {std::pair("half the load", 0.5), {"the load", 1.0}, {"twice the load", 2.0}}) {
      const double rate = factor * demand().rate;
      add_load(plans, {.name = name, .rate = rate, .in_flight = places_for(rate)}, rivals);
    }
    add_load(plans, {.name = "the knee", .in_flight = result_.knee}, rivals);
    const double spent = duration<double>(steady_clock::now() - began_) / plan_.budget;
    run_plan plan = plan_of(std::move(plans), std::max(0.3, 1 - spent));
    plan.blocked_over = milliseconds(10);
    result_.run = measure(plan, "race");
  }

  const service_race_plan& plan_;
  const run_hooks& hooks_;
  const steady_clock::time_point began_;
  service_race_result result_;
};

}  // namespace

service_race_result race_service(const service_race_plan& plan, const run_hooks& hooks) {
  return replayed_service(plan, hooks).race();
}

}  // namespace regatta
