// SPDX-License-Identifier: Apache-2.0
#include "tools/command_run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <system_error>

#include "harness/platform/write_file.hpp"
#include "reports/json_report.hpp"
#include "tools/database_choice.hpp"
#include "tools/exit_codes.hpp"
#include "tools/output.hpp"
#include "tools/report_outputs.hpp"
#include "tools/suite.hpp"
#include "tools/terminal.hpp"
#include "tools/usage_error.hpp"

namespace regatta {
namespace {

struct run_options {
  run_request request;
  std::vector<std::string> outputs;
  bool quiet = false;
  std::string color = "auto";
};

// A full disk must not cost the measurements.
int store(const std::filesystem::path& output, const std::string& text) {
  try {
    write_file(output, text);
    return exit_fine;
  } catch (const std::system_error& error) {
    const auto spare =
        std::filesystem::temp_directory_path() / fmt::format("regatta-report-{}.json", ::getpid());
    try {
      write_file(spare, text);
      warn(fmt::format("{}; the report is in {} instead", error.what(), spare.string()));
    } catch (const std::system_error&) {
      warn(
          fmt::format("{}, nor to {}: the report is lost, the tables above are all there is; "
                      "make room and run again",
                      error.what(), spare.string()));
    }
    return exit_error;
  }
}

int summarise(const run_result& run) {
  int code = exit_fine;
  for (const workload_result& each : run.workloads) {
    if (each.not_run) {
      warn(fmt::format("{} was not run: {}", each.plan.workload, *each.not_run));
      code = exit_error;
    }
    for (const cell_result& cell : each.cells) {
      if (cell.ended == outcome::ok || cell.ended == outcome::unavailable || run.interrupted)
        continue;
      warn(fmt::format("{} on {}: {}: {}", each.plan.workload, cell.choice.label,
                       to_string(cell.ended), cell.reason));
      code = exit_error;
    }
  }
  if (run.interrupted) {
    warn("interrupted: the report holds what was measured until then and is marked incomplete");
    code = exit_interrupted;
  }
  return code;
}

struct destinations {
  std::filesystem::path report = "regatta-report.json";  // always written: it makes the others
  std::vector<report_output> others;
};

destinations destinations_of(const std::vector<std::string>& texts) {
  destinations where;
  bool named = false;
  for (report_output& output : parse_outputs(texts, "json", run_report_formats())) {
    if (output.format == "json" && !output.to_stdout() && !named) {
      where.report = output.path;
      named = true;
    } else {
      where.others.push_back(std::move(output));
    }
  }
  for (const report_output& other : where.others) {
    if (std::filesystem::path(other.path).lexically_normal() == where.report.lexically_normal()) {
      throw usage_error(
          fmt::format("two outputs go to {}; give each a place of its own", where.report.string()));
    }
  }
  return where;
}

int execute(const run_options& options) {
  const color_mode color = parse_color(options.color);
  const terminal_style style = style_for_stdout(color);
  const run_plan plan = make_plan(options.request);
  const destinations where = destinations_of(options.outputs);
  check_writable(where.report);
  check_outputs(where.others);
  check_database(plan);
  catch_interrupts();
  progress_display display(options.quiet);
  run_hooks hooks;
  hooks.progress = [&](const run_progress& progress) { display.show(progress); };
  hooks.stop = interrupted;
  const run_result measured = run(plan, hooks);
  display.clear();

  std::vector<recommendation> advice;
  for (const workload_result& each : measured.workloads) {
    advice.push_back(recommend(each, measured));
  }
  const bool for_people = std::none_of(where.others.begin(), where.others.end(),
                                       [](const report_output& each) { return each.to_stdout(); });
  int shown = exit_fine;
  if (for_people) shown = print_result(render_run_report("terminal", measured, advice, style));
  const int stored = store(where.report, render_json(measured, advice));
  const int summarised = summarise(measured);
  const int written = write_outputs(
      where.others, color, [&](const std::string& format, const terminal_style& output_style) {
        return render_run_report(format, measured, advice, output_style);
      });
  if (for_people && stored == exit_fine && shown == exit_fine) {
    shown = print_result(
        fmt::format("\nreport: {} ({:.0f} s)\n", where.report.string(), measured.seconds));
  }
  return std::max({shown, stored, summarised, written});
}

}  // namespace

void add_run_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<run_options>();
  CLI::App* const command = app.add_subcommand(
      "run", "Measure workloads on every backend, recommend one, write a JSON report");
  run_request& request = options->request;
  command->add_option("suite", request.suite, "quick (under 60 s), standard, full, or a suite file")
      ->capture_default_str();
  command->add_option("-w,--workload", request.workload_filters,
                      "Only these workloads: names or globs, with commas, or repeat it");
  command->add_option("-b,--backend", request.backend_filters,
                      "Only these backends: names or globs, with commas, or one with options "
                      "like process:start=spawn,chunk=8; repeat it for more");
  command->add_option("--external", request.external,
                      "Race an adapter's approaches, too: a command like 'node twin.mjs' that "
                      "speaks docs/external-backends.md; repeat it for more");
  command->add_option("--in-flight", request.in_flight, "Closed loop: items at a time");
  command->add_option("--rate", request.rate,
                      "Open loop: arrivals per second; latency counts from the intended start");
  command->add_option("-p,--parameter", request.parameters,
                      "One of the workloads' parameters, like payload=1024 (see regatta list)");
  command->add_option("--budget", request.budget, "Time for the whole run, like 50s or 10m");
  command->add_option("--blocks", request.blocks, "Stop after this many blocks a workload");
  command->add_option("--objective", request.by,
                      "What to race by: throughput (p99 with --rate), p99, cpu (CPU time per item) "
                      "or memory (default throughput)");
  command->add_option("--slo", request.slo,
                      "Recommend only what keeps this latency over all its epochs, like p99=50ms");
  command->add_option("--max-memory", request.max_memory,
                      "Recommend only what uses no more memory (PSS), like 512MiB");
  command->add_option("--must", request.must,
                      "Recommend only what can: isolate (a crash costs one item) or sync-libraries "
                      "(items may block); repeat for both");
  command->add_option("--confidence", request.confidence,
                      "Of each workload's recommendation (default 0.95)");
  command->add_option("--delta", request.delta,
                      "Differences that do not matter to you (default 5%)");
  command->add_flag("!--no-race", request.race,
                    "Run every backend in every block until the budget ends");
  command->add_option("--item-timeout", request.item_timeout,
                      "A cell that is silent for longer has timed out (default 30s)");
  command->add_option("--seed", request.seed, "Of data, arrivals and order (default 1)");
  command->add_option("--scale", request.scale, "Size of the datasets: quick, standard or full");
  command->add_option("--input", request.input,
                      "Your own documents (tokenize), PNG/PPM images (image-augment) or a profile "
                      "(profiled-service)");
  command->add_option("--endpoint", request.endpoint,
                      "A real OpenAI-style server instead of the mock, like https://host");
  command->add_option("--api-key-env", request.api_key_variable,
                      "The environment variable that holds the key for --endpoint");
  command->add_option("--model", request.model, "The model's name for --endpoint");
  add_database_option(*command, request.database);
  command->add_option("--service", request.service_settings,
                      "A setting of the run's servers, like llm.ttft=lognormal:200ms:0.25");
  command->add_option("--lock", request.lock,
                      "What Python-like code must hold: none, gil (as CPython) or free-threaded "
                      "(default none); see docs/interpreter-lock.md");
  command->add_flag("!--no-card", request.machine_card, "Skip the machine card");
  command->add_flag("!--no-monitor", request.monitor,
                    "Do not watch event loops for what blocks them longer than 10 ms");
  command->add_option("-o,--output", options->outputs,
                      "Where the JSON report goes (default regatta-report.json); FORMAT=PATH adds "
                      "others (html, markdown, junit, google-benchmark), - is stdout");
  command->add_flag("-q,--quiet", options->quiet, "No progress on stderr");
  command->add_option("--color", options->color, "auto, always or never")->capture_default_str();
  command->callback([options, &exit_code] { exit_code = execute(*options); });
}

}  // namespace regatta
