// SPDX-License-Identifier: Apache-2.0
#include "harness/http_load/find_knee.hpp"

#include <fmt/format.h>

#include <cmath>

#include "harness/http_load/knee_search.hpp"

namespace regatta::http_load {
namespace {

// A step that was ended because its requests were late has missed, whatever it has shown until
// then; unless it was ourselves who were late.
level_verdict verdict_of(const load_result& result) {
  if (result.saturated) {
    return result.bottleneck.empty() ? level_verdict::missed : level_verdict::withheld;
  }
  return worst_of(result.levels);
}

std::string why_over(const knee_search& search, const knee_step& last) {
  if (last.verdict == level_verdict::withheld) {
    return last.result.bottleneck.empty()
               ? "a step had too few requests to tell; make --step longer"
               : "the client was the bottleneck: " + last.result.bottleneck +
                     "; the server's knee may be higher";
  }
  if (!search.kept()) return "no rate keeps it";
  return search.missed() ? "" : "no rate misses it";
}

}  // namespace

load_plan plan_step(const knee_plan& plan, double rate) {
  load_plan step = plan.load;
  step.open_loop = true;
  step.stages.clear();
  if (plan.warm_up.count() > 0) {
    step.stages.push_back({.length = plan.warm_up, .from = rate, .to = rate, .measured = false});
  }
  step.stages.push_back({.length = plan.step, .from = rate, .to = rate});
  for (const service_level& level : plan.levels) {
    if (level.measure != level_measure::latency) continue;
    // More than (1 - q) of all that are expected, with room for Poisson's scatter.
    const double expected = step.stages.back().expected();
    step.late_after = nanoseconds(std::llround(1e9 * level.limit));
    step.most_late = static_cast<std::uint64_t>(
        std::ceil((1 - level.quantile) * (expected + 4 * std::sqrt(expected))));
    break;
  }
  return step;
}

knee_result find_knee(const knee_plan& plan, const client_limits& limits, const knee_hooks& hooks) {
  knee_result found;
  found.levels = plan.levels;
  knee_search search(plan.first_rate, plan.precision);
  while (const auto rate = search.next()) {
    const load_hooks each{[&](double fraction) { hooks.progress(*rate, fraction); }, hooks.stop};
    knee_step step{*rate, run_load(plan_step(plan, *rate), plan.levels, limits, each)};
    found.interrupted = step.result.interrupted;
    step.verdict = found.interrupted ? level_verdict::withheld : verdict_of(step.result);
    search.tell(step.verdict);
    hooks.tried(step);
    found.steps.push_back(std::move(step));
    if (found.interrupted) break;
  }
  found.kept = search.kept();
  found.missed = search.missed();
  found.ended = found.interrupted ? "it was interrupted" : why_over(search, found.steps.back());
  return found;
}

}  // namespace regatta::http_load
