// SPDX-License-Identifier: Apache-2.0
#include "tools/command_lock.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "harness/lock_impact/lock_impact.hpp"
#include "harness/platform/write_file.hpp"
#include "harness/workload.hpp"
#include "reports/lock_report.hpp"
#include "tools/exit_codes.hpp"
#include "tools/output.hpp"
#include "tools/suite.hpp"
#include "tools/terminal.hpp"

namespace regatta {
namespace {

struct lock_options {
  std::string budget;
  std::optional<std::filesystem::path> output;
  std::string python = "python3";
  bool markdown = false;
  bool quiet = false;
  std::string color = "auto";
};

// The first of these workloads that there is stands for the kind.
lock_case make_case(const std::string& kind, const std::vector<std::string>& names,
                    std::map<std::string, double> parameters, std::optional<unsigned> in_flight,
                    double tolerance = 0) {
  const auto known = std::find_if(names.begin(), names.end(), [](const std::string& name) {
    return workloads().contains(name);
  });
  const workload_info& info = workloads().at(known == names.end() ? names.back() : *known).info;
  lock_case made{.kind = kind, .workload = {}, .tolerance = tolerance};
  made.workload.workload = info.name;
  made.workload.options.scale = dataset_scale::quick;
  made.workload.in_flight = in_flight.value_or(info.in_flight);
  for (const workload_parameter& each : info.parameters) {
    const auto own = parameters.find(each.name);
    if (own != parameters.end()) made.workload.options.parameters.insert(*own);
  }
  return made;
}

std::vector<lock_case> impact_cases() {
  return {make_case("LLM calls", {"llm-complete"}, {}, 16),
          make_case("pre-processing", {"text-clean", "rag"}, {{"preprocessing", 4}}, {}),
          make_case("inference in native code", {"embed-topk"}, {}, {}),
          make_case("training loops", {"train-loop"}, {}, {}),
          make_case("image processing", {"image-augment"}, {}, {}),
          make_case("text parsing", {"tokenize"}, {}, {})};
}

// Loads that neither runtime is saturated by where the answer is to be about waiting: the model
// knows the lock, not how slow interpreted code is.
std::vector<lock_case> check_cases() {
  return {make_case("tokenising", {"tokenize"}, {{"payload", 4096}}, {}, 0.25),
          make_case("LLM calls", {"llm-complete"}, {}, 16, 0.10)};
}

run_plan base_of(const lock_options& options, const char* ttft) {
  run_plan plan;
  plan.suite = "lock";
  plan.budget = parse_duration("--budget", options.budget);
  plan.service_settings = {{"llm.ttft", ttft}};
  return plan;
}

template <class Measure>
auto measured(const lock_options& options, Measure measure) {
  if (options.output) check_writable(*options.output);
  catch_interrupts();
  progress_display display(options.quiet);
  run_hooks hooks;
  hooks.progress = [&](const run_progress& progress) { display.show(progress); };
  hooks.stop = interrupted;
  auto result = measure(hooks);
  display.clear();
  return result;
}

int store(const lock_options& options, const nlohmann::ordered_json& report) {
  if (!options.output) return exit_fine;
  using nlohmann::json;
  return store_result(*options.output,
                      report.dump(1, ' ', false, json::error_handler_t::replace) + "\n");
}

template <class Result>
int code_of(const Result& result, bool good) {
  if (result.interrupted) return exit_interrupted;
  return good ? exit_fine : exit_error;
}

int impact(const lock_options& options) {
  const terminal_style style = style_for_stdout(parse_color(options.color));
  const lock_impact_result result = measured(options, [&](const run_hooks& hooks) {
    return measure_lock_impact(base_of(options, "10ms"), impact_cases(), hooks);
  });
  const bool complete = std::all_of(result.rows.begin(), result.rows.end(),
                                    [](const auto& row) { return row.missing.empty(); });
  const int shown = print_result(options.markdown ? render_lock_impact_markdown(result)
                                                  : render_lock_impact(result, style));
  return std::max(
      {shown, store(options, make_lock_impact_json(result)), code_of(result, complete)});
}

int check(const lock_options& options) {
  const terminal_style style = style_for_stdout(parse_color(options.color));
  const lock_check_result result = measured(options, [&](const run_hooks& hooks) {
    return check_lock(base_of(options, "100ms"), check_cases(), options.python, hooks);
  });
  const bool holds = std::all_of(result.rows.begin(), result.rows.end(),
                                 [](const auto& row) { return row.holds(); });
  const int shown = print_result(render_lock_check(result, style));
  return std::max({shown, store(options, make_lock_check_json(result)), code_of(result, holds)});
}

CLI::App* add_verb(CLI::App& app, const char* name, const char* what,
                   const std::shared_ptr<lock_options>& options, const char* budget) {
  options->budget = budget;
  CLI::App* const command = app.add_subcommand(name, what);
  command->add_option("--budget", options->budget, "Time for all of it")->capture_default_str();
  command->add_option("-o,--output", options->output, "Where the figures go as JSON");
  command->add_flag("-q,--quiet", options->quiet, "No progress on stderr");
  command->add_option("--color", options->color, "auto, always or never")->capture_default_str();
  return command;
}

}  // namespace

void add_lock_commands(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<lock_options>();
  CLI::App* command =
      add_verb(app, "lock-impact", "What an interpreter lock costs threads, by kind of work",
               options, "100s");
  command->add_flag("--markdown", options->markdown, "As a table for a page");
  command->callback([options, &exit_code] { exit_code = impact(*options); });

  options = std::make_shared<lock_options>();
  command =
      add_verb(app, "lock-check", "The interpreter-lock model's predictions against a real Python",
               options, "90s");
  command->add_option("--python", options->python, "The interpreter, by name or path")
      ->capture_default_str();
  command->callback([options, &exit_code] { exit_code = check(*options); });
}

}  // namespace regatta
