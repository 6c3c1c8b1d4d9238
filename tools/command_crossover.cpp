// SPDX-License-Identifier: Apache-2.0
#include "tools/command_crossover.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "harness/crossover/crossover_run.hpp"
#include "harness/platform/write_file.hpp"
#include "harness/workload.hpp"
#include "reports/crossover_report.hpp"
#include "reports/nearest.hpp"
#include "tools/database_choice.hpp"
#include "tools/exit_codes.hpp"
#include "tools/output.hpp"
#include "tools/suite.hpp"
#include "tools/usage_error.hpp"
#include "tools/workload_parameters.hpp"

namespace regatta {
namespace {

struct crossover_options {
  run_request request;
  std::string workload;
  std::string over;
  std::optional<double> from, to;
  std::size_t points = search_limits{}.most_points;
  std::optional<std::filesystem::path> output;
  bool quiet = false;
  std::string color = "auto";
};

const workload_parameter in_flight{
    .name = "in-flight", .meaning = "items in flight", .fallback = 1, .least = 1, .most = 100'000};

workload_parameter parameter_named(const std::string& name, const workload_info& info) {
  std::vector<std::string> known = {in_flight.name};
  if (name == in_flight.name) return in_flight;
  for (const workload_parameter& parameter : info.parameters) {
    if (parameter.name == name) return parameter;
    known.push_back(parameter.name);
  }
  throw usage_error(
      fmt::format("--over: workload {} has no '{}'{}", info.name, name, suggestion(name, known)));
}

crossover_plan make_crossover_plan(const crossover_options& options) {
  run_request request = options.request;
  request.monitor = false;  // nobody would be shown what it finds
  request.workload_filters = {options.workload};
  if (!request.budget) request.budget = "60s";
  crossover_plan plan;
  plan.base = make_plan(request);
  if (plan.base.workloads.size() != 1) {
    throw usage_error("crossover takes one workload, not all that match '" + options.workload +
                      "'");
  }
  const workload_plan& one = plan.base.workloads.front();
  if (one.backends.size() < 2) {
    throw usage_error("crossover needs two backends or more, like -b serial,coroutine");
  }
  const workload_parameter parameter =
      parameter_named(options.over, workloads().at(one.workload).info);
  if (!parameter.choices.empty()) {
    throw usage_error(fmt::format("--over: {} is one of {}, and no size to search along",
                                  parameter.name, fmt::join(parameter.choices, ", ")));
  }
  plan.parameter = parameter.name;
  plan.meaning = parameter.meaning;
  // A hundred thousand items in flight are possible, a thousand are usual.
  const double most = parameter.name == in_flight.name ? 1000 : parameter.most;
  plan.axis = {options.from.value_or(parameter.least), options.to.value_or(most), parameter.whole};
  check_value(parameter, plan.axis.from, "--from");
  check_value(parameter, plan.axis.to, "--to");
  if (plan.axis.from <= 0) {
    throw usage_error(fmt::format(
        "--from: the search is by factors, and begins above 0: name the smallest {} of interest",
        parameter.name));
  }
  if (plan.axis.from >= plan.axis.to) {
    throw usage_error(fmt::format("--from {} is not below --to {}", plan.axis.from, plan.axis.to));
  }
  plan.limits.most_points = options.points;
  return plan;
}

int execute(const crossover_options& options) {
  const terminal_style style = style_for_stdout(parse_color(options.color));
  const crossover_plan plan = make_crossover_plan(options);
  if (options.output) check_writable(*options.output);
  check_database(plan.base);
  catch_interrupts();
  progress_display display(options.quiet);
  run_hooks hooks;
  hooks.progress = [&](const run_progress& progress) { display.show(progress); };
  hooks.stop = interrupted;
  const crossover_result result = find_crossovers(plan, hooks);
  display.clear();

  int code = print_result(render_crossover(result, style));
  if (options.output) {
    using nlohmann::json;
    const std::string text =
        make_crossover_json(result).dump(1, ' ', false, json::error_handler_t::replace) + "\n";
    code = std::max(code, store_result(*options.output, text));
  }
  if (result.failure) {
    warn(*result.failure);
    code = exit_error;
  }
  return result.interrupted ? exit_interrupted : code;
}

}  // namespace

void add_crossover_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<crossover_options>();
  CLI::App* const command = app.add_subcommand(
      "crossover", "From which load or item size on another approach wins, by active search");
  run_request& request = options->request;
  command->add_option("-w,--workload", options->workload, "The workload")->required();
  command
      ->add_option("-b,--backend", request.backend_filters,
                   "The rivals: serial,coroutine; repeat for backends with options")
      ->required();
  command
      ->add_option("--over", options->over,
                   "What varies: in-flight, or one of the workload's parameters (payload, "
                   "cpu-share, …; see regatta list)")
      ->required();
  command->add_option("--from", options->from, "The smallest value (default: the least there is)");
  command->add_option("--to", options->to, "The largest value (in-flight: 1000)");
  command->add_option("--points", options->points, "Values to try at most")
      ->capture_default_str()
      ->check(CLI::Range(2, 100));
  command->add_option("--budget", request.budget, "Time for the whole search (default 60s)");
  command->add_option("--in-flight", request.in_flight,
                      "Items at a time, when something else varies");
  command->add_option("-p,--parameter", request.parameters,
                      "Another of the workload's parameters, like payload=1024");
  command->add_option("--objective", request.by, "throughput, p99, cpu or memory");
  command->add_option("--confidence", request.confidence, "Of all answers together (default 0.95)");
  command->add_option("--delta", request.delta,
                      "Differences that do not matter to you (default 5%)");
  command->add_option("--scale", request.scale, "Size of the dataset: quick, standard or full");
  command->add_option("--seed", request.seed, "Of data and order (default 1)");
  command->add_option("--input", request.input, "Your own documents or images");
  add_database_option(*command, request.database);
  command->add_option("--service", request.service_settings,
                      "A setting of the run's servers, like llm.ttft=lognormal:200ms:0.25");
  command->add_option("-o,--output", options->output, "Where the findings go as JSON");
  command->add_flag("-q,--quiet", options->quiet, "No progress on stderr");
  command->add_option("--color", options->color, "auto, always or never")->capture_default_str();
  command->callback([options, &exit_code] { exit_code = execute(*options); });
}

}  // namespace regatta
