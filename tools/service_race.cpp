// SPDX-License-Identifier: Apache-2.0
#include "tools/service_race.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/backend.hpp"
#include "harness/platform/cpu_limits.hpp"
#include "harness/replay/own_shape.hpp"
#include "harness/replay/service_model_json.hpp"
#include "harness/replay/service_race.hpp"
#include "reports/json_report.hpp"
#include "reports/service_race_report.hpp"
#include "tools/backend_choice.hpp"
#include "tools/exit_codes.hpp"
#include "tools/output.hpp"
#include "tools/race_options.hpp"
#include "tools/report_outputs.hpp"
#include "tools/suite.hpp"
#include "tools/terminal.hpp"
#include "tools/usage_error.hpp"

namespace regatta {
namespace {

lock_model lock_of(const service_race_request& request, const service_model& model) {
  if (request.lock) return parse_lock("--lock", *request.lock);
  return model.source.starts_with("python") ? lock_model::gil : lock_model::none;
}

double share_between(const std::string& what, const std::string& text, double least, double most) {
  const double share = parse_share(what, text);
  if (share > least && share < most) return share;
  throw usage_error(
      fmt::format("{} lies between {:g} and {:g}, not at {}", what, least, most, text));
}

// All that does not depend on what was profiled.
service_race_plan plan_of(const service_race_request& request) {
  service_race_plan plan;
  if (request.budget) plan.budget = parse_duration("--budget", *request.budget);
  if (request.seed) plan.seed = *request.seed;
  if (request.confidence) {
    plan.confidence = share_between("--confidence", *request.confidence, 0.5, 1);
  }
  if (request.delta) plan.practical_difference = share_between("--delta", *request.delta, 0, 1);
  if (request.most_off) plan.most_off = share_between("--fidelity", *request.most_off, 0, 100);
  plan.prune = !request.all;
  plan.only_predict = request.predict;
  plan.rivals = expand_backends(request.backend_filters.empty() ? std::vector<std::string>{"*"}
                                                                : request.backend_filters);
  if (request.lock) plan.lock = parse_lock("--lock", *request.lock);
  if (request.shape) plan.own = parse_backend(*request.shape);
  return plan;
}

service_race_plan plan_of(const std::filesystem::path& file, const service_race_request& request) {
  service_race_plan plan = plan_of(request);
  plan.file = file;
  plan.model = load_service_model(file);
  plan.lock = lock_of(request, plan.model);
  if (request.shape) {
    plan.why_own = "as --shape says";
  } else {
    const own_shape found = shape_of(plan.model.pool, read_cpu_limits().usable);
    plan.own = parse_backend(found.backend);
    plan.why_own = found.because;
  }
  const bool among = std::any_of(plan.rivals.begin(), plan.rivals.end(),
                                 [&](const auto& each) { return each.label == plan.own.label; });
  if (!among) plan.rivals.insert(plan.rivals.begin(), plan.own);
  return plan;
}

std::string render(const std::string& format, const service_race_result& result,
                   const service_advice& advice, const terminal_style& style) {
  using nlohmann::json;
  if (format == "terminal") return render_service_race(result, advice, style);
  if (format == "run") return render_json(result.run, advice.races);
  return make_service_race_json(result, advice)
             .dump(1, ' ', false, json::error_handler_t::replace) +
         "\n";
}

// Cells that failed are in the report; what could not be measured at all is an error.
int judge(const service_race_result& result) {
  if (result.interrupted) return exit_interrupted;
  const bool failed =
      std::any_of(result.run.workloads.begin(), result.run.workloads.end(),
                  [](const workload_result& each) { return each.not_run.has_value(); });
  return failed ? exit_error : exit_fine;
}

std::vector<report_output> outputs_of(const service_race_request& request) {
  return parse_outputs(request.outputs, "json", {"json", "terminal", "run"});
}

}  // namespace

void add_service_race_options(CLI::App& command, service_race_request& request,
                              const std::string& group, const std::string& needs) {
  const std::vector<CLI::Option*> options = {
      command.add_option("--shape", request.shape,
                         "The backend that serves as the service does, like thread:workers=8"),
      command.add_option("-b,--backend,--among", request.backend_filters,
                         "Only these approaches: names or globs, with commas, or repeat it"),
      command.add_flag("--all", request.all, "Race also the approaches that are expected to lose"),
      command.add_option("--budget", request.budget, "Time for all of the race (default 2m)"),
      command.add_option("--fidelity", request.most_off,
                         "How far the replayed service may be off its profile (default 15%)"),
      command.add_option("--lock", request.lock,
                         "What the service's own code must hold: none, gil or free-threaded "
                         "(default: gil for python, else none)"),
      command.add_option("--confidence", request.confidence,
                         "Of each recommendation (default 0.95)"),
      command.add_option("--delta", request.delta, "Differences that do not matter (default 5%)"),
      command.add_option("--seed", request.seed,
                         "Of the requests' order and arrivals (default 1)")};
  for (CLI::Option* option : options) {
    if (!group.empty()) option->group(group);
    if (needs.empty()) continue;
    option->needs(needs);
    // A command to start may follow.
    if (option->get_items_expected_max() > 1) option->allow_extra_args(false);
  }
}

void check_service_race(const service_race_request& request) {
  plan_of(request);
  check_outputs(outputs_of(request));
}

int race_profiled_service(const std::filesystem::path& file, const service_race_request& request) {
  const color_mode color = parse_color(request.color);
  auto outputs = outputs_of(request);
  const service_race_plan plan = plan_of(file, request);
  check_outputs(outputs);
  const bool said = std::any_of(outputs.begin(), outputs.end(),
                                [](const report_output& output) { return output.to_stdout(); });
  if (!said) outputs.push_back({"terminal", "-"});
  catch_interrupts();
  progress_display display(request.quiet);
  run_hooks hooks;
  hooks.progress = [&](const run_progress& progress) { display.show(progress); };
  hooks.stop = interrupted;
  const service_race_result result = race_service(plan, hooks);
  display.clear();
  const service_advice advice = advise(result, file);
  const int written =
      write_outputs(outputs, color, [&](const std::string& format, const terminal_style& style) {
        return render(format, result, advice, style);
      });
  return std::max(written, judge(result));
}

}  // namespace regatta
