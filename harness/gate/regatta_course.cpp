// SPDX-License-Identifier: Apache-2.0
#include "harness/gate/regatta_course.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "harness/platform/mapping.hpp"
#include "harness/runner/window.hpp"

namespace regatta {

using namespace std::chrono_literals;
using std::chrono::duration;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

namespace {

constexpr auto start_limit = 120s;  // it may mean loading and sending hundreds of megabytes
constexpr double tolerated_failures = 0.1;

nanoseconds from_seconds(double seconds) {
  return duration_cast<nanoseconds>(duration<double>(seconds));
}

// Runs one epoch that does not count; its report, if that is as it should be.
epoch_report rehearse(cell_process& process, const epoch_plan& plan, milliseconds limit) {
  epoch_report report = process.run(plan, false, limit);
  if (const auto why = why_bad(report)) throw cell_failure(outcome::failed, *why);
  return report;
}

}  // namespace

std::optional<std::string> why_bad(const epoch_report& report) {
  const epoch_result& result = report.result;
  if (result.wrong > 0) {
    return fmt::format("{} of {} answers differ from the baseline's serial reference", result.wrong,
                       result.items);
  }
  if (!result.accounting_error.empty()) return result.accounting_error;
  const auto all = static_cast<double>(result.items + result.failures);
  if (static_cast<double>(result.failures) > tolerated_failures * all) {
    return fmt::format("{} of {} items failed, the first with: {}", result.failures, all,
                       result.first_failure);
  }
  return std::nullopt;
}

regatta_course::regatta_course(run_plan plan, std::string baseline, std::function<bool()> stop)
    : plan_(std::move(plan)),
      baseline_(std::move(baseline)),
      stop_(std::move(stop)),
      services_(plan_) {
  for (const workload_plan& workload : plan_.workloads) {
    open_loop_ = open_loop_ || workload.rate.has_value();
    for (const backend_choice& choice : workload.backends) {
      std::string name = workload.workload + " on " + choice.label;
      const bool taken = std::any_of(cells_.begin(), cells_.end(),
                                     [&](const cell& each) { return each.name == name; });
      if (taken) name += fmt::format(", {} in flight", workload.in_flight);
      cells_.push_back({std::move(name), workload, choice});
    }
  }
}

const regatta_course::prepared& regatta_course::prepare(const workload_plan& workload) {
  prepared& ready = prepared_[&workload];
  const workload_info& info = workloads().at(workload.workload).info;
  const bool verified = std::none_of(info.needs.begin(), info.needs.end(), [&](const auto& need) {
    return plan_.external_endpoints.contains(need);
  });
  ready.endpoints = services_.endpoints_for(workload, info.needs);  // starts anew what has failed
  if (ready.dataset) return ready;
  unique_fd dataset = memory_file(0);
  cell_process process(dataset.get(), stop_, {.path = baseline_, .environment = {}});
  ready.reference = process.reference({.workload = workload.workload,
                                       .options = workload.options,
                                       .choice = {},
                                       .endpoints = ready.endpoints,
                                       .api_key = plan_.api_key,
                                       .key = {},
                                       .with_answers = verified},
                                      start_limit + plan_.item_timeout);
  ready.dataset = std::move(dataset);
  return ready;
}

const cell_work& regatta_course::work_of(const cell& which) {
  const prepared& ready = prepare(which.workload);
  const auto known = works_.find(which.name);
  if (known != works_.end()) {
    known->second.start.endpoints = ready.endpoints;
    return known->second;
  }
  cell_work work{
      .start = {.workload = which.workload.workload,
                .options = which.workload.options,
                .choice = which.choice,
                .in_flight = which.workload.in_flight,
                .endpoints = ready.endpoints,
                .api_key = plan_.api_key,
                .max_answer_bytes = ready.reference.max_answer_bytes,
                .key = ready.reference.key,
                .lock = which.choice.lock.value_or(plan_.lock)},
      .dataset = ready.dataset.get(),
      .epoch = {
          .in_flight = which.workload.in_flight, .window = 30ms, .rate = which.workload.rate}};
  cell_process process(work.dataset, stop_, {.path = baseline_, .environment = {}});
  const auto started = process.start(work.start, start_limit);
  if (const auto* const missing = std::get_if<unavailable>(&started)) {
    throw cell_failure(outcome::unavailable, missing->reason);
  }
  const auto capacity = std::get<cell_ready>(started).facts.capacity;
  const double service =
      rehearse(process, work.epoch, plan_.item_timeout + 30ms).median_service.value_or(0.001);

  work.epoch.window = choose_window({.longest_item = service / capacity,
                                     .left = duration<double>(24h).count(),
                                     .rate = which.workload.rate,
                                     .by_p99 = false});
  if (workloads().at(which.workload.workload).info.kind == work_kind::cpu_bound) {
    work.epoch.ramp = std::min(from_seconds(2 * service), work.epoch.window / 4);
  } else {
    work.epoch.stagger = from_seconds(service);
    work.epoch.ramp = from_seconds(1.5 * service);
  }
  work.limit = duration_cast<milliseconds>(work.epoch.ramp + work.epoch.window +
                                           from_seconds(20 * service)) +
               plan_.item_timeout;
  return works_.emplace(which.name, std::move(work)).first->second;
}

std::optional<std::string> regatta_course::service_failure(const cell& which) {
  return services_.failure(workloads().at(which.workload.workload).info.needs);
}

}  // namespace regatta
