// SPDX-License-Identifier: Apache-2.0
#include "harness/runner/workload_run.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "harness/platform/mapping.hpp"
#include "harness/runner/cell_memory.hpp"
#include "harness/runner/epoch_check.hpp"
#include "harness/runner/window.hpp"

namespace regatta {

using namespace std::chrono_literals;
using std::chrono::duration;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

namespace {

// Starting may mean loading and sending hundreds of megabytes.
constexpr auto start_limit = 120s;
constexpr nanoseconds warm_up_window = 50ms;
constexpr unsigned clear_after = 12;  // who is clearly behind one of ten others is out by then

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
    const bool wrong = failure.ended == outcome::wrong_answer;
    const auto cause = wrong ? std::nullopt : services_.failure(info_.needs);
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
  each.result.findings.reset();
  each.result.measures.clear();
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
                                       .key = reference.key,
                                       .blocked_over = plan_.blocked_over,
                                       .lock = each.result.choice.lock.value_or(plan_.lock)},
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

// Answers the PSS of the moment, if it can be read.
std::optional<std::uint64_t> workload_run::sample_memory(rival& each) {
  const memory_summary now = memory_now(each.process->pid());
  auto& peak = each.result.memory;
  if (!peak || now.peak_pss.value_or(0) >= peak->peak_pss.value_or(0)) peak = now;
  return now.peak_pss;
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
    take(each, report);
    each.median_service = report.median_service.value_or(0.001);
    const epoch_plan second = plan_for(each, 0);
    report =
        each.process->run(second, false, limit_for(second, each), [&] { sample_memory(each); });
    take(each, report);
    if (report.median_service) each.median_service = *report.median_service;
    each.epoch_cost = to_seconds(report.result.elapsed);
  });
}

void workload_run::require_pss() const {
  for (const rival& each : rivals_) {
    if (each.process == nullptr || each.result.memory.value_or(memory_summary{}).peak_pss) continue;
    throw std::runtime_error(
        "the kernel does not let regatta read the memory of its own processes "
        "(/proc/PID/smaps_rollup): choose another objective than memory");
  }
}

void workload_run::plan_window() {
  window_needs needs{.longest_item = plan_.lock == lock_model::gil ? 0.01 : 0,  // turns of 5 ms
                     .left = to_seconds(until_ - std::chrono::steady_clock::now()),
                     .rivals = 0,
                     .rate = mine_.rate,
                     .by_p99 = plan_.by == objective::p99,
                     .race = plan_.race};
  for (const rival& each : rivals_) {
    if (each.process == nullptr) continue;
    needs.longest_item =
        std::max(needs.longest_item, each.median_service / each.result.facts.capacity);
    needs.overhead += std::max(0.0, each.epoch_cost - to_seconds(warm_up_window));
    ++needs.rivals;
  }
  window_ = choose_window(needs);
  for (rival& each : rivals_) each.epoch_cost += to_seconds(window_ - warm_up_window);
}

void workload_run::lengthen(const std::vector<std::size_t>& runners, double left) {
  window_needs needs{.left = left, .rivals = runners.size(), .rate = mine_.rate};
  for (const std::size_t i : runners) {
    needs.overhead += std::max(0.0, rivals_[i].epoch_cost - to_seconds(window_));
  }
  const nanoseconds longer = lengthen_window(window_, needs) - window_;
  window_ += longer;
  for (rival& each : rivals_) each.epoch_cost += to_seconds(longer);
}

epoch_plan workload_run::plan_for(const rival& each, std::uint64_t first_index) const {
  epoch_plan plan{.first_index = first_index,
                  .in_flight = mine_.in_flight,
                  .window = window_ > 0ns ? window_ : warm_up_window,
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

// Throws cell_failure if the cell may not go on.
void workload_run::take(rival& each, const epoch_report& report) {
  const epoch_result& result = report.result;
  require_right_answers(result);
  cell_result& cell = each.result;
  cell.items += result.items;
  cell.failures += result.failures;
  if (cell.first_failure.empty()) cell.first_failure = result.first_failure;
  require_few_failures(result);
}

void workload_run::measure(rival& each, unsigned block, unsigned position,
                           std::uint64_t first_index) {
  const auto began = std::chrono::steady_clock::now();
  guarded(each, [&] {
    const epoch_plan plan = plan_for(each, first_index);
    const double at = since(run_began_);
    const auto ticks = read_steal();
    std::optional<std::uint64_t> pss;
    const auto look = [&] { pss = std::max(pss, sample_memory(each)); };
    const bool looks = plan_.by == objective::memory;
    const epoch_report report = each.process->run(plan, true, limit_for(plan, each),
                                                  looks ? look : std::function<void()>());
    const auto ticks_after = read_steal();
    if (looks && !pss) look();  // it was over too soon
    take(each, report);
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
                        .cpu_per_item = report.cpu_per_item,
                        .pss = pss,
                        .steal = {}};
    if (ticks && ticks_after) sample.steal = steal_fraction(*ticks_after - *ticks);
    each.result.epochs.push_back(sample);
  });
  const double took = since(began);
  ++each.epochs;
  each.seconds += took;
  each.epoch_cost = 0.5 * (each.epoch_cost + took);
}

void workload_run::measure_blocks(workload_result& result) {
  std::vector<const cell_result*> cells;
  for (const rival& each : rivals_) cells.push_back(&each.result);
  race_.emplace(plan_, mine_.rate.has_value(), std::move(cells),
                plan_.seed ^ digest_of(as_bytes(mine_.workload)));
  const double available = std::max(1e-3, to_seconds(until_ - std::chrono::steady_clock::now()));
  std::size_t ran = 0;  // in the block before
  for (unsigned block = 0;; ++block) {
    const std::vector<std::size_t> order = race_->next_order();
    double block_cost = 0;
    for (const std::size_t i : order) block_cost += rivals_[i].epoch_cost;
    const double left = to_seconds(until_ - std::chrono::steady_clock::now());
    ended_ = end_of_race(left < block_cost);
    if (!ended_.empty()) return;
    if (plan_.race && (order.size() < ran || block == clear_after)) lengthen(order, left);
    ran = order.size();
    say_(fmt::format("block {}, {} of {} left", block + 1, order.size(), rivals_.size()),
         std::clamp(1 - left / available, 0.0, 1.0));
    // Rivals of a block run the same items.
    const std::uint64_t first_index = static_cast<std::uint64_t>(block) << 32U;
    for (unsigned position = 0; position < order.size(); ++position) {
      measure(rivals_[order[position]], block, position, first_index);
    }
    if (plan_.required.slo_p99) {
      for (const std::size_t i : order) summarise(rivals_[i]);
    }
    race_->end_block();
    result.blocks = block + 1;
  }
}

// A clause; empty while it goes on. A first block is always run.
std::string workload_run::end_of_race(bool out_of_time) const {
  if (auto decision = race_->decision()) return *decision;
  if (race_->blocks() == 0) return "";
  if (race_->blocks() >= plan_.most_blocks) {
    return fmt::format("{} {} blocks", plan_.race ? "it was not settled within" : "it had its",
                       plan_.most_blocks);
  }
  if (!out_of_time) return "";
  return plan_.race ? "it was not settled within the budget" : "the budget was used up";
}

race_receipt workload_run::receipt() const {
  race_receipt cost{.settled = race_->settled(), .ended = ended_};
  for (std::size_t i = 0; i < rivals_.size(); ++i) {
    const rival& each = rivals_[i];
    cost.epochs += each.epochs;
    cost.seconds += each.seconds;
    const bool to_the_end = each.result.ok() && race_->is_rival(i);
    const unsigned fixed = to_the_end ? race_->blocks() : each.epochs;
    cost.fixed_epochs += fixed;
    if (each.epochs > 0) cost.fixed_seconds += fixed * each.seconds / each.epochs;
  }
  return cost;
}

void workload_run::summarise(rival& each) {
  guarded(each, [&] { take_over(each.result, each.process->summarise(start_limit)); });
}

void workload_run::finish(rival& each) {
  if (each.process == nullptr) return;
  summarise(each);
  each.process.reset();
  auto& memory = each.result.memory;
  if (!memory || !memory->peak_pss) return;
  memory->idle_pss = each.idle_pss;
  if (each.idle_pss && *memory->peak_pss > *each.idle_pss) {
    const double in_service = std::min(each.result.facts.capacity, mine_.in_flight);
    memory->per_item_in_flight =
        static_cast<double>(*memory->peak_pss - *each.idle_pss) / in_service;
  }
}

void workload_run::collect(workload_result& result) {
  result.window = to_seconds(window_);
  result.verified = verified_;
  if (race_ && race_->blocks() > 0) {
    result.race = receipt();
    for (std::size_t i = 0; i < rivals_.size(); ++i) {
      const auto elimination = race_->elimination_of(i);
      if (!elimination || !rivals_[i].result.ok()) continue;
      rivals_[i].result.eliminated_after = static_cast<unsigned>(elimination->block);
      rivals_[i].result.beaten_by = rivals_[elimination->by].result.choice.label;
    }
  }
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
      if (each.process != nullptr) each.idle_pss = sample_memory(each);
    }
    for (rival& each : rivals_) {
      say_("warming up " + each.result.choice.label, 0);
      warm_up(each);
    }
    if (plan_.by == objective::memory) require_pss();
    plan_window();
    measure_blocks(result);
    for (rival& each : rivals_) finish(each);
  } catch (const interrupted_run&) {
    ended_ = "it was interrupted";
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
