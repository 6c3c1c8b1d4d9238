// SPDX-License-Identifier: Apache-2.0
#include "reports/reasons.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "reports/figures.hpp"
#include "reports/open_question.hpp"

namespace regatta {
namespace {

const cell_result* find(const workload_result& measured, const std::string& label) {
  for (const cell_result& cell : measured.cells) {
    if (cell.choice.label == label && cell.ok()) return &cell;
  }
  return nullptr;
}

const standing* place_of(const recommendation& advice, const std::string& label) {
  for (const standing& place : advice.standings) {
    if (place.label == label) return &place;
  }
  return nullptr;
}

double cpu_of(const cell_result& cell) {
  return cell.usage ? cell.usage->user_seconds + cell.usage->system_seconds : 0;
}

bool chosen(const recommendation& advice, const cell_result& cell) {
  return std::find(advice.choice.begin(), advice.choice.end(), cell.choice.label) !=
         advice.choice.end();
}

void compare_with_serial(recommendation& advice) {
  const standing* const serial = place_of(advice, "serial");
  const standing& best = advice.standings.front();
  if (serial == nullptr || serial->label == best.label || !serial->behind) return;
  const std::string interval =
      fmt::format("{} % interval {} to {}", show_percent(serial->behind->confidence),
                  show_ratio(serial->behind->lower), show_ratio(serial->behind->upper));
  const std::string times = show_ratio(serial->behind->ratio);
  if (advice.metric == "throughput") {
    advice.because.push_back(fmt::format("{} reaches {}, {} times what serial does ({}); {}.",
                                         best.label, show_rate(best.value), times,
                                         show_rate(serial->value), interval));
  } else {
    const auto show = [&](double value) {
      return advice.metric == "memory" ? show_bytes(value) : show_seconds(value);
    };
    advice.because.push_back(fmt::format(
        "The {} of {} is {}; that of serial is {} times as much ({}); {}.", advice.metric,
        best.label, show(best.value), times, show(serial->value), interval));
  }
}

// Little's law: who can hold fewer items than are offered has a ceiling that no tuning moves.
void explain_ceilings(recommendation& advice, const workload_result& measured) {
  if (measured.plan.rate) return;
  for (const cell_result& cell : measured.cells) {
    if (!cell.ok() || chosen(advice, cell) || measured.info.kind == work_kind::cpu_bound) continue;
    if (cell.facts.capacity >= measured.plan.in_flight || !cell.latency.p50) continue;
    if (cell.choice.label == "serial") continue;
    std::vector<double> throughputs;
    for (const epoch_sample& epoch : cell.epochs) throughputs.push_back(epoch.throughput);
    advice.because.push_back(fmt::format(
        "{} has {} items in service at a time of the {} in flight: at a median of {} each that "
        "caps it near {}, and it reached {}.",
        cell.choice.label, cell.facts.capacity, measured.plan.in_flight,
        show_seconds(*cell.latency.p50), show_rate(cell.facts.capacity / *cell.latency.p50),
        show_rate(median(throughputs).value_or(0))));
    return;  // one such sentence; the others are capped for the same reason
  }
}

// Open loop: who leaves arrivals waiting until the end is saturated, whatever its latencies say.
void explain_saturation(recommendation& advice, const workload_result& measured) {
  std::vector<std::string> saturated;
  for (const cell_result& cell : measured.cells) {
    std::uint64_t unserved = 0;
    std::uint64_t served = 0;
    for (const epoch_sample& epoch : cell.epochs) {
      unserved += epoch.unserved;
      served += epoch.items;
    }
    if (20 * unserved <= served) continue;
    saturated.push_back(fmt::format("{} ({} of {})", cell.choice.label, show_whole(unserved),
                                    show_whole(unserved + served)));
  }
  if (saturated.empty()) return;
  advice.because.push_back(fmt::format(
      "Arrivals that were not served by the end of their epoch: {}.", fmt::join(saturated, ", ")));
}

// From the serial cell, where nothing overlaps: the share of an item's time in which it computes.
void explain_kind(recommendation& advice, const workload_result& measured) {
  const cell_result* const serial = find(measured, "serial");
  if (serial == nullptr || !serial->usage || !serial->latency.p50) return;
  if (measured.plan.rate) return;  // there it does not run alone: arrivals queue up
  const double alone = *serial->latency.p50;
  const double share = std::min(1.0, cpu_of(*serial) / alone);
  // Who waits gives the CPU back; who computes and was slow all the same had it taken away.
  const bool computes = share > 0.8 || serial->usage->voluntary_switches < 0.5;
  const char* const meaning = computes      ? "it computes, and only more CPUs make it faster"
                              : share < 0.2 ? "it waits, and waits can overlap on one CPU"
                                            : "it does both";
  advice.because.push_back(
      fmt::format("Alone, an item takes {} (median), {:.0f} % of it CPU time: {}.",
                  show_seconds(alone), 100 * share, meaning));
}

// Below this share of the time that was measured, a blocked loop decides nothing.
constexpr double blocked_share = 0.01;

const finding* computing_on_the_loop(const cell_result& cell) {
  if (!cell.ok() || !cell.findings) return nullptr;
  double measured = 0;
  for (const epoch_sample& epoch : cell.epochs) measured += epoch.elapsed;
  for (const finding& each : *cell.findings) {
    if (each.kind == finding_kind::blocked_loop && each.cause == cause_computing &&
        each.blocked > blocked_share * measured) {
      return &each;
    }
  }
  return nullptr;
}

// Whoever computes on an event loop lets everything else on it wait: of the best placed that does.
void explain_blocked_loops(recommendation& advice, const workload_result& measured) {
  const cell_result* blocked = nullptr;
  const cell_result* clean = nullptr;
  for (const standing& place : advice.standings) {
    const cell_result* const cell = find(measured, place.label);
    if (cell == nullptr || !cell->findings) continue;
    if (blocked == nullptr && computing_on_the_loop(*cell) != nullptr) blocked = cell;
    if (clean == nullptr && cell->findings->empty()) clean = cell;
  }
  if (blocked == nullptr) return;
  const finding& found = *computing_on_the_loop(*blocked);
  std::string where;
  if (!found.function.empty()) where += ", in " + found.function;
  if (!found.place.empty()) {
    where += " at " + std::filesystem::path(found.place).filename().string();
  }
  advice.because.push_back(fmt::format(
      "{} computed on its event loop: {} over {}, the longest {}, {} in all{}{}.",
      blocked->choice.label,
      found.stretches == 1 ? "a stretch" : show_whole(found.stretches) + " stretches",
      show_seconds(found.threshold), show_seconds(found.longest), show_seconds(found.blocked),
      where, clean == nullptr ? "" : fmt::format("; {} had none", clean->choice.label)));
}

void explain_costs(recommendation& advice, const workload_result& measured) {
  if (!advice.runner_up) return;
  const cell_result* const first = find(measured, advice.choice.front());
  const cell_result* const second = find(measured, *advice.runner_up);
  if (first == nullptr || second == nullptr) return;
  std::string memory;
  if (first->memory && second->memory && first->memory->peak_pss && second->memory->peak_pss) {
    memory = fmt::format(", and {} of memory against {}",
                         show_bytes(static_cast<double>(*first->memory->peak_pss)),
                         show_bytes(static_cast<double>(*second->memory->peak_pss)));
  }
  advice.because.push_back(fmt::format(
      "{} uses {} of CPU per item, the runner-up {} {}{}.", first->choice.label,
      show_seconds(cpu_of(*first)), second->choice.label, show_seconds(cpu_of(*second)), memory));
}

void explain_copies(recommendation& advice, const workload_result& measured) {
  for (const cell_result& cell : measured.cells) {
    if (!cell.ok() || cell.items == 0 || cell.facts.bytes_serialised == 0) continue;
    const double per_item =
        static_cast<double>(cell.facts.bytes_serialised) / static_cast<double>(cell.items);
    if (per_item < 64 * 1024) continue;
    advice.because.push_back(fmt::format("{} sends {} between processes for each item.",
                                         cell.choice.label, show_bytes(per_item)));
    return;
  }
}

void add_alternatives(recommendation& advice, const workload_result& measured) {
  const backend_info& mine = find(measured, advice.choice.front())->info;
  const auto best_with = [&](auto property) -> const standing* {
    for (const standing& place : advice.standings) {
      const cell_result* const cell = find(measured, place.label);
      if (cell == nullptr || !place.excluded.empty()) continue;
      if (property(cell->info)) return &place;
    }
    return nullptr;
  };
  const auto cost = [&](const standing& place) {
    if (!place.behind || place.tied) return std::string("which is not measurably slower");
    return fmt::format("{} times behind the leader", show_ratio(place.behind->ratio));
  };
  if (!mine.isolates) {
    if (const auto* place = best_with([](const backend_info& info) { return info.isolates; })) {
      advice.unless.push_back(
          fmt::format("a crash in one item must not take the others with it: then {}, {}.",
                      place->label, cost(*place)));
    }
  }
  if (!mine.takes_blocking_code) {
    if (const auto* place = best_with([](const backend_info& info) {
          return info.takes_blocking_code && info.name != "serial";
        })) {
      advice.unless.push_back(fmt::format("items must call libraries that block: then {}, {}.",
                                          place->label, cost(*place)));
    }
  }
}

}  // namespace

void add_reasons(recommendation& advice, const workload_result& measured) {
  if (advice.outcome == verdict::too_few || advice.outcome == verdict::nothing) return;
  compare_with_serial(advice);
  explain_kind(advice, measured);
  explain_ceilings(advice, measured);
  explain_saturation(advice, measured);
  explain_blocked_loops(advice, measured);
  explain_costs(advice, measured);
  explain_copies(advice, measured);
  add_alternatives(advice, measured);
}

void add_caveats(recommendation& advice, const workload_result& measured, const run_result& run) {
  const auto say = [&](std::string text) { advice.caveats.push_back(std::move(text)); };
  if (run.plan.lock != lock_model::none) {
    say(
        fmt::format("Under the interpreter-lock model '{}': of approaches to Python-like code, not "
                    "to C++. See docs/interpreter-lock.md.",
                    to_string(run.plan.lock)));
  }
  if (advice.outcome == verdict::tie && !advice.settled && measured.race && run.plan.race) {
    say(what_is_open(advice, measured));
  }
  if (advice.outcome == verdict::too_few) {
    say(fmt::format("{} blocks are too few for {:.0f} % over {} approaches: raise --budget.",
                    measured.blocks, 100 * advice.confidence, advice.standings.size()));
  }
  const bool wants_p99 =
      run.plan.by == objective::p99 || (run.plan.by == objective::throughput && measured.plan.rate);
  if (wants_p99 && advice.metric == "median latency") {
    say("The epochs were too short to show p99: approaches are compared by the median. A larger "
        "--budget or fewer backends make them longer.");
  }
  for (const cell_result& cell : measured.cells) {
    if (!cell.ok()) {
      say(fmt::format("{} {}: {}.", cell.choice.label, to_string(cell.ended), cell.reason));
    } else if (cell.failures > 0) {
      say(fmt::format("{}: {} of {} items failed, the first with: {}", cell.choice.label,
                      cell.failures, cell.failures + cell.items, cell.first_failure));
    }
  }
  if (!measured.verified) {
    say("Answers were not checked: those of a real endpoint cannot be known beforehand.");
  }
  if (run.stolen && *run.stolen > 0.05) {
    say(fmt::format("The hypervisor gave {:.0f} % of the machine's busy time to others.",
                    100 * *run.stolen));
  }
  if (run.throttled && run.throttled->throttled_periods > 0) {
    say(fmt::format(
        "The CPU quota throttled the run in {} of {} periods, {} in all.",
        run.throttled->throttled_periods, run.throttled->periods,
        show_seconds(std::chrono::duration<double>(run.throttled->throttled_time).count())));
  }
  if (!run.where.build.optimized) say("This is a debug build: times mean little.");
  if (run.where.build.sanitizer != "none") {
    say("This build is slowed by a sanitizer: times mean little.");
  }
  say(fmt::format("Not varied: {}, {} usable CPUs.",
                  measured.plan.rate ? fmt::format("{} arrivals/s", *measured.plan.rate)
                                     : fmt::format("{} items in flight", measured.plan.in_flight),
                  run.where.cpus.usable));
}

}  // namespace regatta
