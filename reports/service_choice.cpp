// SPDX-License-Identifier: Apache-2.0
#include "reports/service_choice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "reports/figures.hpp"

namespace regatta {

const cell_result* find_cell(const workload_result& measured, const std::string& label) {
  for (const cell_result& cell : measured.cells) {
    if (cell.choice.label == label && cell.ok()) return &cell;
  }
  return nullptr;
}

double served_by(const cell_result& cell) {
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

const backend_prediction* prediction_of(const service_race_result& result,
                                        const std::string& label) {
  const auto found =
      std::find_if(result.predictions.begin(), result.predictions.end(),
                   [&](const backend_prediction& each) { return each.model.backend == label; });
  return found == result.predictions.end() ? nullptr : &*found;
}

double threads_per_cpu(const service_demand& demand) {
  return demand.cpu > 0 ? (demand.cpu + demand.held + demand.waiting) / demand.cpu : 1;
}

double longest_block(const service_race_result& result, const std::string& label) {
  double longest = 0;
  for (const workload_result& each : result.run.workloads) {
    const cell_result* const cell = find_cell(each, label);
    if (cell == nullptr || !cell->findings) continue;
    for (const finding& found : *cell->findings) {
      const bool own = found.cause.empty() || found.cause == cause_computing;
      if (found.kind == finding_kind::blocked_loop && own)
        longest = std::max(longest, found.longest);
    }
  }
  return longest;
}

namespace {

double behind_of(const standing& place, const standing& leader, const std::string& metric) {
  if (place.behind) return std::max(0.0, place.behind->ratio - 1);
  if (place.label == leader.label || !(place.value > 0) || !(leader.value > 0)) return 0;
  const double ratio =
      metric == "throughput" ? leader.value / place.value : place.value / leader.value;
  return std::max(0.0, ratio - 1);
}

// How far the intervals of their medians are apart. Not those of p99: in so few epochs one moment
// of a busy machine makes the tail of one approach and of no other.
std::optional<double> medians_apart(const latency_summary& mine, const latency_summary& leader) {
  if (!mine.p50_interval || !leader.p50_interval || !(leader.p50_interval->upper > 0)) {
    return std::nullopt;
  }
  return std::max(0.0, mine.p50_interval->lower / leader.p50_interval->upper - 1);
}

// How far it is behind for sure, where it may not be behind at all; without any interval, the
// estimate is all there is.
double known_behind(const workload_result& measured, const recommendation& race,
                    const standing& place, double behind) {
  if (place.behind) return place.tied ? std::max(0.0, place.behind->lower - 1) : behind;
  if (race.metric == "throughput" || behind <= 0) return behind;
  const cell_result* const mine = find_cell(measured, place.label);
  const cell_result* const leader = find_cell(measured, race.standings.front().label);
  if (mine == nullptr || leader == nullptr) return behind;
  return medians_apart(mine->latency, leader->latency).value_or(behind);
}

// Drops those whose figure is more than a tenth, and the slack, above the least.
template <class Figure>
void keep_least(std::vector<const cell_result*>& cells, double slack, Figure figure) {
  double least = HUGE_VAL;
  for (const cell_result* cell : cells) least = std::min<double>(least, figure(*cell));
  std::erase_if(cells,
                [&](const cell_result* cell) { return figure(*cell) > 1.1 * least + slack; });
}

// It keeps a thread or a process for each request inside, while the request waits, too.
bool keeps_one_each(const service_race_result& result, const std::string& label) {
  const backend_prediction* const model = prediction_of(result, label);
  return model != nullptr && model->model.kind == server_kind::pool;
}

// Unless that leaves none; answers the labels that went.
template <class Predicate>
std::vector<std::string> drop_if(std::vector<const cell_result*>& cells, Predicate goes) {
  std::vector<const cell_result*> kept;
  std::vector<std::string> gone;
  for (const cell_result* cell : cells) {
    goes(cell->choice.label) ? gone.push_back(cell->choice.label) : kept.push_back(cell);
  }
  if (kept.empty()) return {};
  cells = std::move(kept);
  return gone;
}

// Bytes that a request inside adds at the knee, of the one of these that it adds most to; 0:
// unknown.
double memory_of_each(const service_race_result& result, const std::vector<std::string>& labels) {
  const workload_result* const knee = knee_race(result);
  double most = 0;
  for (const std::string& label : labels) {
    const cell_result* const cell = knee == nullptr ? nullptr : find_cell(*knee, label);
    if (cell == nullptr || !cell->memory) continue;
    most = std::max(most, cell->memory->per_item_in_flight.value_or(0));
  }
  return most;
}

// What measures as well today, and has less room for more.
void drop_the_cramped(std::vector<const cell_result*>& left, const service_race_result& result,
                      service_advice& advice) {
  const double threads = threads_per_cpu(result.demand);
  if (threads > most_threads_per_cpu) {
    const auto gone =
        drop_if(left, [&](const std::string& label) { return keeps_one_each(result, label); });
    if (!gone.empty()) {
      const double memory = memory_of_each(result, gone);
      advice.passed_over.push_back(fmt::format(
          "Passed over, though as good here: {}. A thread or process for each request inside waits "
          "for {:.0f} % of its time: it takes {:.0f} of them to keep {} CPUs busy, and 1000 with "
          "1000 requests inside{}.",
          fmt::join(gone, ", "), 100 * (1 - 1 / threads), std::ceil(threads * result.cpus),
          result.cpus,
          memory > 0 ? fmt::format(", of {} of memory each as raced", show_bytes(memory)) : ""));
    }
  }
  double longest = 0;
  const auto gone = drop_if(left, [&](const std::string& label) {
    const double block = longest_block(result, label);
    longest = std::max(longest, block);
    return block > 0;
  });
  if (!gone.empty()) {
    advice.passed_over.push_back(fmt::format(
        "Passed over, though as good here: {}. A loop of it stood still for up to {}, for its "
        "timers, health checks and all its other requests.",
        fmt::join(gone, ", "), show_seconds(longest)));
  }
}

}  // namespace

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
      const double known = known_behind(result.run.workloads[*load.place], race, place, behind);
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

std::string chosen_of(const service_race_result& result, service_advice& advice) {
  const workload_result* const knee = knee_race(result);
  if (advice.regrets.empty() || knee == nullptr) return {};
  const double margin = result.run.plan.practical_difference;
  std::vector<const cell_result*> left;
  for (const approach_regret& each : advice.regrets) {
    if (each.worst > advice.regrets.front().worst + margin) break;
    if (each.label == result.fidelity->own.label) return each.label;
    if (const cell_result* const cell = find_cell(*knee, each.label)) left.push_back(cell);
  }
  drop_the_cramped(left, result, advice);
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

}  // namespace regatta
