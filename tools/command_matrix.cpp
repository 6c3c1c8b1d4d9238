// SPDX-License-Identifier: Apache-2.0
#include "tools/command_matrix.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>

#include "harness/runner/runner.hpp"
#include "reports/figures.hpp"
#include "reports/matrix_report.hpp"
#include "reports/nearest.hpp"
#include "tools/exit_codes.hpp"
#include "tools/matrix_scenarios.hpp"
#include "tools/name_list.hpp"
#include "tools/output.hpp"
#include "tools/report_outputs.hpp"
#include "tools/usage_error.hpp"

namespace regatta {
namespace {

struct matrix_options {
  std::vector<std::string> rows, locks, backends;
  std::string budget = "9m";
  std::optional<std::uint64_t> seed;
  std::vector<std::string> outputs;
  bool quiet = false;
  std::string color = "auto";
};

std::vector<matrix_question> questions_named(const std::vector<std::string>& wanted) {
  std::vector<matrix_question> all = matrix_questions();
  if (wanted.empty()) return all;
  std::vector<std::string> names;
  for (const matrix_question& each : all) names.push_back(each.scenario.name);
  for (const std::string& name : split_names(wanted)) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      throw usage_error(fmt::format("--row: there is no scenario '{}'{}; they are: {}", name,
                                    suggestion(name, names), fmt::join(names, ", ")));
    }
  }
  const std::vector<std::string> chosen = split_names(wanted);
  std::erase_if(all, [&](const matrix_question& each) {
    return std::find(chosen.begin(), chosen.end(), each.scenario.name) == chosen.end();
  });
  return all;
}

std::string load_text(const workload_plan& plan) {
  std::string text = plan.workload;
  for (const auto& [name, value] : plan.options.parameters) {
    text += fmt::format(", {} {:.6g}", name, value);
  }
  return text + (plan.rate ? fmt::format(", {} arrivals", show_rate(*plan.rate))
                           : fmt::format(", {} in flight", show_whole(plan.in_flight)));
}

struct matrix_plan {
  std::vector<matrix_row> rows;  // without answers
  /// By row and lock.
  std::vector<std::vector<run_plan>> runs;
  std::vector<std::string> locks;
};

matrix_plan plan_matrix(const matrix_options& options) {
  matrix_plan plan;
  plan.locks =
      options.locks.empty() ? std::vector<std::string>{"none", "gil"} : split_names(options.locks);
  const std::vector<matrix_question> questions = questions_named(options.rows);
  const auto budget = parse_duration("--budget", options.budget) /
                      static_cast<int>(questions.size() * plan.locks.size());
  for (const matrix_question& each : questions) {
    run_request request = each.request;
    request.budget = fmt::format("{}ms", std::max<std::int64_t>(budget.count(), 1));
    request.seed = options.seed;
    if (!options.backends.empty()) request.backend_filters = options.backends;
    std::vector<run_plan> runs;
    for (const std::string& lock : plan.locks) {
      request.lock = lock;
      runs.push_back(make_plan(request));
    }
    matrix_row row;
    row.scenario = each.scenario;
    row.workload = load_text(runs.front().workloads.front());
    plan.rows.push_back(std::move(row));
    plan.runs.push_back(std::move(runs));
  }
  return plan;
}

matrix_answer answer_of(const std::string& lock, const run_result& measured) {
  matrix_answer answer;
  answer.lock = lock;
  const workload_result& one = measured.workloads.front();
  if (one.not_run) {
    answer.failure = "not measured: " + *one.not_run;
  } else {
    answer.advice = recommend(one, measured);
  }
  return answer;
}

matrix_result measure(const matrix_plan& plan, progress_display& display) {
  const auto begin = std::chrono::steady_clock::now();
  matrix_result result;
  result.rows = plan.rows;
  const double runs = static_cast<double>(plan.rows.size() * plan.locks.size());
  double done = 0;
  for (std::size_t row = 0; row < plan.rows.size() && !result.interrupted; ++row) {
    for (std::size_t lock = 0; lock < plan.locks.size() && !result.interrupted; ++lock) {
      run_hooks hooks;
      hooks.stop = interrupted;
      hooks.progress = [&](run_progress progress) {
        progress.workload = plan.rows[row].scenario.name + ", lock " + plan.locks[lock];
        progress.fraction = (done + progress.fraction) / runs;
        progress.elapsed =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        display.show(progress);
      };
      const run_result measured = run(plan.runs[row][lock], hooks);
      result.interrupted = measured.interrupted;
      if (!measured.interrupted) {
        result.rows[row].answers.push_back(answer_of(plan.locks[lock], measured));
      }
      result.where = measured.where;
      for (const std::string& warning : measured.warnings) {
        if (std::find(result.warnings.begin(), result.warnings.end(), warning) ==
            result.warnings.end()) {
          result.warnings.push_back(warning);
        }
      }
      ++done;
    }
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

std::string render(const matrix_result& result, const std::string& format,
                   const terminal_style& style) {
  using nlohmann::json;
  if (format == "markdown") return render_matrix_markdown(result);
  if (format == "json") {
    return make_matrix_json(result).dump(1, ' ', false, json::error_handler_t::replace) + "\n";
  }
  return render_matrix(result, style);
}

int execute(const matrix_options& options) {
  const color_mode color = parse_color(options.color);
  const matrix_plan plan = plan_matrix(options);
  const std::vector<report_output> outputs =
      parse_outputs(options.outputs, "json", {"terminal", "markdown", "json"});
  check_outputs(outputs);
  catch_interrupts();
  progress_display display(options.quiet);
  const matrix_result result = measure(plan, display);
  display.clear();

  int code = exit_fine;
  const bool for_people = std::none_of(outputs.begin(), outputs.end(),
                                       [](const report_output& each) { return each.to_stdout(); });
  if (for_people) code = print_result(render_matrix(result, style_for_stdout(color)));
  code = std::max(code, write_outputs(outputs, color,
                                      [&](const std::string& format, const terminal_style& style) {
                                        return render(result, format, style);
                                      }));
  for (const std::string& warning : result.warnings) warn(warning);
  for (const matrix_row& row : result.rows) {
    for (const matrix_answer& answer : row.answers) {
      if (!answer.failure.empty()) code = std::max(code, exit_error);
    }
  }
  return result.interrupted ? exit_interrupted : code;
}

}  // namespace

void add_matrix_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<matrix_options>();
  CLI::App* const command = app.add_subcommand(
      "matrix", "Which approach for which kind of program: the textbook's answers, measured");
  command->add_option("--row", options->rows,
                      "Only these scenarios, by name, with commas, or repeat it");
  command->add_option("--lock", options->locks,
                      "Models of an interpreter's lock to measure under: none, gil, "
                      "free-threaded (default none,gil)");
  command->add_option("-b,--backend", options->backends,
                      "Only these backends: names or globs, with commas");
  command->add_option("--budget", options->budget, "Time for the whole matrix")
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Of data and order (default 1)");
  command->add_option("-o,--output", options->outputs,
                      "Where it goes, besides the screen: PATH or FORMAT=PATH with terminal, "
                      "markdown or json; '-' is stdout; may be repeated");
  command->add_flag("-q,--quiet", options->quiet, "No progress on stderr");
  command->add_option("--color", options->color, "auto, always or never")->capture_default_str();
  command->callback([options, &exit_code] { exit_code = execute(*options); });
}

}  // namespace regatta
