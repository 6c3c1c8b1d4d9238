// SPDX-License-Identifier: Apache-2.0
#include "harness/doctor/doctor.hpp"

#include <unistd.h>

#include <algorithm>

#include "harness/doctor/aa_run.hpp"
#include "harness/doctor/checks.hpp"
#include "harness/doctor/noise.hpp"

namespace regatta {
namespace {

using std::chrono::steady_clock;

// Over the kinds of work together: one sound machine in a hundred is called unfit.
constexpr double rejected_by_chance = 0.01;

/// The smallest difference between two readings that is not none: what the clock can tell apart, or
/// what a reading takes, whichever is more.
std::chrono::nanoseconds smallest_clock_step() {
  auto smallest = std::chrono::nanoseconds::max();
  for (int i = 0; i < 1000; ++i) {
    const auto begin = steady_clock::now();
    auto next = begin;
    while (next == begin) next = steady_clock::now();
    smallest = std::min<std::chrono::nanoseconds>(smallest, next - begin);
  }
  return smallest;
}

}  // namespace

bool doctor_result::fit() const {
  return std::none_of(checks.begin(), checks.end(),
                      [](const auto& each) { return each.status == check_status::problem; }) &&
         std::none_of(resolutions.begin(), resolutions.end(),
                      [](const auto& each) { return each.rejected; });
}

doctor_result examine(const doctor_plan& plan, const doctor_hooks& hooks) {
  const auto began = steady_clock::now();
  const double total = static_cast<double>((plan.watch + plan.card + plan.work).count()) + 1;
  double done = 0;
  const auto say = [&](const char* doing, std::chrono::milliseconds part) {
    hooks.progress(doing, done / total);
    done += static_cast<double>(part.count());
  };

  doctor::examined found;
  found.where = read_environment();
  found.facts = doctor::read_machine_facts(found.where.cpus.affinity);
  found.privileged = ::geteuid() == 0;
  found.clock_step = smallest_clock_step();
  say("watching what others do", plan.watch);
  found.quiet = doctor::observe(plan.watch, hooks.stop);
  if (plan.card.count() > 0 && !hooks.stop()) {
    say("machine card", plan.card);
    found.card = measure_machine_card(found.where.cpus, plan.card);
  }

  doctor_result result;
  if (plan.work.count() > 0 && !hooks.stop()) {
    say("identical work against itself", plan.work);
    const auto ticks = read_steal();
    const auto throttled = read_throttling();
    const auto times =
        doctor::run_against_itself(found.where.cpus.affinity, plan.work, plan.seed, hooks.stop);
    const auto ticks_after = read_steal();
    const auto throttled_after = read_throttling();
    if (ticks && ticks_after) found.stolen_meanwhile = steal_fraction(*ticks_after - *ticks);
    if (throttled && throttled_after) found.throttled_meanwhile = *throttled_after - *throttled;
    for (const auto& each : times) {
      result.resolutions.push_back(
          doctor::resolution_of(each, rejected_by_chance / static_cast<double>(times.size())));
    }
  }
  result.checks = doctor::judge(found);
  result.where = std::move(found.where);
  result.card = std::move(found.card);
  result.interrupted = hooks.stop();
  result.seconds = std::chrono::duration<double>(steady_clock::now() - began).count();
  return result;
}

}  // namespace regatta
