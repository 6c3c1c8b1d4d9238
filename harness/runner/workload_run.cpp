// SPDX-License-Identifier: Apache-2.0
#include "harness/runner/workload_run.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <random>

#include "harness/platform/mapping.hpp"
#include "harness/platform/process_usage.hpp"

namespace regatta {

using namespace std::chrono_literals;
using std::chrono::duration;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

namespace {

// Starting may mean loading and sending hundreds of megabytes.
constexpr auto start_limit = 120s;
constexpr double tolerated_failures = 0.1;
// What 95 % over a dozen rivals needs is nine; a few more make the interval narrower than the
// range.
constexpr double wanted_blocks = 14;
constexpr nanoseconds first_window = 50ms;

nanoseconds from_seconds(double seconds) {
  return duration_cast<nanoseconds>(duration<double>(seconds));
}
double to_seconds(nanoseconds time) { return duration<double>(time).count(); }
double since(std::chrono::steady_clock::time_point begin) {
  return to_seconds(std::chrono::steady_clock::now() - begin);
}

}  // namespace

workload_run::workload_run(const run_plan& plan, const workload_plan& mine,
                           running_services& services, const run_hooks& hooks, time_point run_began,
                           time_point until, std::function<void(const std::string&, double)> say)
    : plan_(plan),
      mine_(mine),
      info_(workloads().at(mine.workload).info),
      services_(services),
      hooks_(hooks),
      run_began_(run_began),
      until_(until),
      say_(std::move(say)) {}

// Runs one step of a cell; what goes wrong in it ends that cell and no other.
template <class Step>
void workload_run::guarded(rival& each, Step step) {
  if (each.process == nullptr) return;
  try {
    step();
  } catch (const cell_failure& failure) {
    // A dead server looks like failing items; say what is really the matter.
    const auto cause = services_.failure(info_.needs);
    end(each, cause ? outcome::failed : failure.ended, cause.value_or(failure.what()));
  }
}

void workload_run::end(rival& each, outcome ended, std::string reason) {
  each.process.reset();
  each.result.ended = ended;
  each.result.reason = std::move(reason);
  each.result.epochs.clear();  // only ok has times
  each.result.latency = {};
  each.result.usage.reset();
}

reference_result workload_run::make_reference(int dataset) {
  say_("serial reference", 0);
  cell_process process(dataset, hooks_.stop);
  return process.reference({.workload = mine_.workload,
                            .options = mine_.options,
                            .choice = {},
                            .endpoints = endpoints_,
                            .api_key = plan_.api_key,
                            .key = {},
                            .with_answers = verified_},
                           start_limit + plan_.item_timeout);
}

void workload_run::start(rival& each, int dataset, const reference_result& reference) {
  each.process = std::make_unique<cell_process>(dataset, hooks_.stop);
  guarded(each, [&] {
    auto answer = each.process->start({.workload = mine_.workload,
                                       .options = mine_.options,
                                       .choice = each.result.choice,
                                       .in_flight = mine_.in_flight,
                                       .endpoints = endpoints_,
                                       .api_key = plan_.api_key,
                                       .max_answer_bytes = reference.max_answer_bytes,
                                       .key = reference.key},
                                      start_limit);
    if (const auto* missing = std::get_if<unavailable>(&answer)) {
      end(each, outcome::unavailable, missing->reason);
      return;
    }
    const auto& ready = std::get<cell_ready>(answer);
    each.result.startup = ready.startup;
    each.result.dataset_load = ready.dataset_load;
    each.result.facts = ready.facts;
  });
}

void workload_run::sample_memory(rival& each) {
  std::vector<pid_t> processes = descendants_of(each.process->pid());
  processes.push_back(each.process->pid());
  std::optional<std::uint64_t> pss = 0;
  memory_summary seen;
  seen.processes = static_cast<unsigned>(processes.size());
  seen.threads = 0;
  for (const pid_t pid : processes) {
    const auto memory = memory_of(pid);
    if (!memory) continue;
    seen.peak_resident += memory->peak_resident_bytes;
    seen.threads += memory->threads;
    seen.kernel_bytes += memory->page_table_bytes + memory->kernel_stack_bytes;
    pss = pss && memory->proportional_bytes ? std::optional(*pss + *memory->proportional_bytes)
                                            : std::nullopt;
  }
  if (!pss) {
    if (!each.result.memory) each.result.memory = seen;
    return;
  }
  if (*pss < each.peak_pss) return;
  each.peak_pss = *pss;
  each.result.memory = seen;
}

// A short epoch to learn how long an item takes, then one as those to come, in which memory is
// looked at (that disturbs, so never in a measured one).
void workload_run::warm_up(rival& each) {
  guarded(each, [&] {
    epoch_plan first{.first_index = 0,
                     .in_flight = mine_.in_flight,
                     .window = 30ms,
                     .rate = mine_.rate,
                     .seed = plan_.seed};
    epoch_report report = each.process->run(first, false, plan_.item_timeout + 30ms);
    if (!check(each, report)) return;
    each.median_service = report.median_service.value_or(0.001);
    const epoch_plan second = plan_for(each, 0);
    report =
        each.process->run(second, false, limit_for(second, each), [&] { sample_memory(each); });
    if (!check(each, report)) return;
    if (report.median_service) each.median_service = *report.median_service;
    each.epoch_cost = to_seconds(report.result.elapsed);
  });
}

// Long enough for ten items of the slowest rival, and the same for all: equal exposure to noise.
// Shorter if the time left would otherwise not do for the blocks that an interval over these rivals
// needs: many short epochs tell more than few long ones.
void workload_run::choose_window() {
  double longest = 0;
  double overhead = 0;  // seconds a block spends on ramps and drains
  for (const rival& each : rivals_) {
    if (each.process == nullptr) continue;
    longest = std::max(longest, each.median_service / each.result.facts.capacity);
    overhead += std::max(0.0, each.epoch_cost - to_seconds(first_window));
  }
  const double left = to_seconds(until_ - std::chrono::steady_clock::now());
  const double affordable =
      (left / wanted_blocks - overhead) / static_cast<double>(std::max<std::size_t>(1, alive()));
  const double wanted = std::min(10 * longest, std::max(affordable, 3 * longest));
  window_ = std::clamp<nanoseconds>(from_seconds(wanted), first_window, 1s);
  // In an open loop p99 is what counts, and it takes a hundred arrivals to see it.
  if (mine_.rate) {
    window_ = std::clamp<nanoseconds>(from_seconds(150 / *mine_.rate), window_, 2s);
  }
}

epoch_plan workload_run::plan_for(const rival& each, std::uint64_t first_index) const {
  epoch_plan plan{.first_index = first_index,
                  .in_flight = mine_.in_flight,
                  .window = window_ > 0ns ? window_ : first_window,
                  .rate = mine_.rate,
                  .seed = plan_.seed ^ first_index};
  const nanoseconds service = from_seconds(each.median_service);
  if (info_.kind == work_kind::cpu_bound) {
    plan.ramp = std::min(2 * service, plan.window / 4);
  } else {
    plan.stagger = service;
    plan.ramp = service + service / 2;
  }
  return plan;
}

milliseconds workload_run::limit_for(const epoch_plan& plan, const rival& each) const {
  return duration_cast<milliseconds>(plan.ramp + plan.window +
                                     from_seconds(20 * each.median_service)) +
         plan_.item_timeout;
}

// Whether the cell may go on. Wrong answers end it at once: a wrong answer has no time.
bool workload_run::check(rival& each, const epoch_report& report) {
  const epoch_result& result = report.result;
  cell_result& cell = each.result;
  if (result.wrong > 0) {
    end(each, outcome::wrong_answer,
        fmt::format("{} of {} answers differ from the serial reference", result.wrong,
                    result.items));
    return false;
  }
  if (!result.accounting_error.empty()) {
    end(each, outcome::wrong_answer, result.accounting_error);
    return false;
  }
  cell.items += result.items;
  cell.failures += result.failures;
  if (cell.first_failure.empty()) cell.first_failure = result.first_failure;
  const auto all = static_cast<double>(result.items + result.failures);
  if (all > 0 && static_cast<double>(result.failures) > tolerated_failures * all) {
    const auto cause = services_.failure(info_.needs);
    end(each, outcome::failed,
        cause.value_or(fmt::format("{} of {} items failed, the first with: {}", result.failures,
                                   all, result.first_failure)));
    return false;
  }
  return true;
}

void workload_run::measure(rival& each, unsigned block, unsigned position,
                           std::uint64_t first_index) {
  guarded(each, [&] {
    const epoch_plan plan = plan_for(each, first_index);
    const double at = since(run_began_);
    const auto ticks = read_steal();
    const epoch_report report = each.process->run(plan, true, limit_for(plan, each));
    const auto ticks_after = read_steal();
    if (!check(each, report)) return;
    epoch_sample sample{.block = block,
                        .position = position,
                        .at = at,
                        .elapsed = to_seconds(report.result.elapsed),
                        .throughput = report.result.throughput,
                        .items = report.result.items,
                        .failures = report.result.failures,
                        .unserved = report.result.unserved,
                        .p50 = report.p50,
                        .p99 = report.p99,
                        .cpu_per_item = {},
                        .pss = {},
                        .steal = {}};
    if (ticks && ticks_after) sample.steal = steal_fraction(*ticks_after - *ticks);
    each.result.epochs.push_back(sample);
  });
}

std::size_t workload_run::alive() const {
  return static_cast<std::size_t>(std::count_if(
      rivals_.begin(), rivals_.end(), [](const rival& each) { return each.process != nullptr; }));
}

void workload_run::measure_blocks(workload_result& result) {
  std::mt19937_64 random(plan_.seed ^ digest_of(as_bytes(mine_.workload)));
  double block_cost = 0;
  for (const rival& each : rivals_) {
    if (each.process != nullptr) block_cost += std::max(each.epoch_cost, to_seconds(window_));
  }
  for (unsigned block = 0; block < plan_.most_blocks && alive() > 0; ++block) {
    const double left = to_seconds(until_ - std::chrono::steady_clock::now());
    if (block > 0 && left < block_cost) return;
    const auto expected = std::min<unsigned>(
        plan_.most_blocks, block + static_cast<unsigned>(std::max(1.0, left / block_cost)));
    say_(fmt::format("block {} of {}", block + 1, expected), double(block) / expected);
    std::vector<std::size_t> order(rivals_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::shuffle(order.begin(), order.end(), random);
    const auto began = std::chrono::steady_clock::now();
    // Rivals of a block run the same items.
    const std::uint64_t first_index = static_cast<std::uint64_t>(block) << 32U;
    for (unsigned position = 0; position < order.size(); ++position) {
      measure(rivals_[order[position]], block, position, first_index);
    }
    block_cost = 0.5 * (block_cost + since(began));
    result.blocks = block + 1;
  }
}

void workload_run::finish(rival& each) {
  guarded(each, [&] {
    const cell_summary summary = each.process->finish(start_limit);
    cell_result& cell = each.result;
    cell.latency = summary.latency;
    cell.usage = summary.usage;
    cell.facts = summary.facts;
    if (cell.memory && each.peak_pss > 0) {
      cell.memory->idle_pss = each.idle_pss;
      cell.memory->peak_pss = each.peak_pss;
      const double in_service = std::min(cell.facts.capacity, mine_.in_flight);
      if (each.idle_pss && each.peak_pss > *each.idle_pss) {
        cell.memory->per_item_in_flight =
            static_cast<double>(each.peak_pss - *each.idle_pss) / in_service;
      }
    }
    each.process.reset();
  });
}

void workload_run::collect(workload_result& result) {
  result.window = to_seconds(window_);
  result.verified = verified_;
  for (rival& each : rivals_) result.cells.push_back(std::move(each.result));
  rivals_.clear();
}

void workload_run::run(workload_result& result) {
  result.plan = mine_;
  result.info = info_;
  const auto began = std::chrono::steady_clock::now();
  for (const std::string& need : info_.needs) {
    if (plan_.external_endpoints.count(need) != 0) verified_ = false;
  }
  const unique_fd dataset = memory_file(0);
  try {
    endpoints_ = services_.endpoints_for(mine_, info_.needs);
    const reference_result reference = make_reference(dataset.get());
    result.distinct_items = reference.key.size();
    result.dataset_bytes = reference.dataset_bytes;
    for (const backend_choice& choice : mine_.backends) {
      cell_result& cell = rivals_.emplace_back().result;
      cell.choice = choice;
      cell.info = backends().at(choice.backend).info;
    }
    for (std::size_t i = 0; i < rivals_.size(); ++i) {
      say_("starting " + rivals_[i].result.choice.label, 0);
      start(rivals_[i], dataset.get(), reference);
    }
    // Only now: cells share the program's own pages, and a share depends on how many there are.
    for (rival& each : rivals_) {
      if (each.process == nullptr) continue;
      sample_memory(each);
      if (each.peak_pss > 0) each.idle_pss = each.peak_pss;
    }
    for (rival& each : rivals_) {
      say_("warming up " + each.result.choice.label, 0);
      warm_up(each);
    }
    choose_window();
    measure_blocks(result);
    for (rival& each : rivals_) finish(each);
  } catch (const interrupted_run&) {
    // The cells still answer: take what they have.
    for (rival& each : rivals_) {
      if (each.result.epochs.empty()) {
        end(each, outcome::failed, "interrupted before its first measured epoch");
      }
    }
    collect(result);
    result.seconds = since(began);
    throw;
  } catch (const std::exception& error) {
    // The reference or a service: without them nothing of this workload can be measured.
    const auto cause = services_.failure(info_.needs);
    result.not_run = cause.value_or(error.what());
  }
  collect(result);
  result.seconds = since(began);
}

}  // namespace regatta
