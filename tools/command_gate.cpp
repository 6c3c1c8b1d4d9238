// SPDX-License-Identifier: Apache-2.0
#include "tools/command_gate.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "harness/gate/gate.hpp"
#include "harness/gate/google_benchmark_subject.hpp"
#include "harness/platform/read_file.hpp"
#include "harness/platform/write_file.hpp"
#include "harness/runner/cell_process.hpp"
#include "reports/gate_file.hpp"
#include "reports/gate_github.hpp"
#include "reports/gate_json.hpp"
#include "reports/gate_junit.hpp"
#include "reports/gate_markdown.hpp"
#include "reports/gate_terminal.hpp"
#include "tools/database_choice.hpp"
#include "tools/exit_codes.hpp"
#include "tools/gate_exit_code.hpp"
#include "tools/gate_subjects.hpp"
#include "tools/output.hpp"
#include "tools/suite.hpp"
#include "tools/terminal.hpp"
#include "tools/usage_error.hpp"

namespace regatta {
namespace {

struct gate_options {
  gate_request subjects;
  gate_settings settings;
  std::string margin = "5%";
  std::optional<std::string> budget;
  std::optional<std::filesystem::path> gate_file;
  std::filesystem::path output = "regatta-gate.json";
  std::optional<std::filesystem::path> junit, markdown;
  bool github = false;
  gate_strictness strict;
  bool quiet = false;
  std::string color = "auto";
};

gate_settings make_settings(const gate_options& options) {
  gate_settings settings = options.settings;
  const auto margin = parse_margin(options.margin);
  if (!margin) {
    throw usage_error("--margin takes a share like 5% or 0.5%, not '" + options.margin + "'");
  }
  settings.defaults.margin = *margin;
  if (!(settings.alpha > 0 && settings.alpha < 0.5)) {
    throw usage_error("--alpha is a probability between 0 and 0.5, like 0.05");
  }
  if (settings.max_pairs == 0) throw usage_error("--max-pairs is a number from 1");
  if (options.budget) settings.budget = parse_duration("--budget", *options.budget);
  if (options.gate_file) {
    const std::string name = options.gate_file->string();
    try {
      const buffer text = read_whole_file(name);
      settings.rules = parse_gate_file(as_text(text), name, settings.defaults);
    } catch (const std::system_error& error) {
      throw usage_error(fmt::format("--gate-file: {}", error.what()));
    } catch (const std::invalid_argument& error) {
      throw usage_error(error.what());
    }
  }
  return settings;
}

bool wants(const gate_settings& settings, const std::string& metric) {
  const auto& asked = settings.metrics;
  return std::find(asked.begin(), asked.end(), metric) != asked.end() ||
         std::any_of(settings.rules.begin(), settings.rules.end(),
                     [&](const gate_rule& rule) { return rule.metric == metric; });
}

// The file belongs to the step, and earlier commands may have written to it.
int append_to_step_summary(const std::string& text) {
  const char* const path = std::getenv("GITHUB_STEP_SUMMARY");
  if (path == nullptr) return exit_fine;
  std::ofstream file(path, std::ios::app);
  file << text << "\n";
  if (file.flush()) return exit_fine;
  warn(fmt::format("the step summary {} cannot be written", path));
  return exit_error;
}

int publish(const gate_options& options, const gate_result& result, const terminal_style& style) {
  int code = print_result(render_gate(result, style));
  code = std::max(code, store_result(options.output, render_gate_json(result)));
  if (options.junit) {
    code = std::max(code, store_result(*options.junit, render_gate_junit(result)));
  }
  if (options.markdown) {
    code = std::max(code, store_result(*options.markdown, render_gate_markdown(result)));
  }
  if (options.github) {
    const std::string file = options.gate_file ? options.gate_file->string() : "";
    code = std::max(code, print_result(render_gate_annotations(result, file)));
    code = std::max(code, append_to_step_summary(render_gate_markdown(result)));
  }
  for (const std::string& each : result.warnings) warn(each);
  return code;
}

int execute(const gate_options& options) {
  const terminal_style style = style_for_stdout(parse_color(options.color));
  const gate_settings settings = make_settings(options);
  check_writable(options.output);
  if (options.junit) check_writable(*options.junit);
  if (options.markdown) check_writable(*options.markdown);
  catch_interrupts();

  progress_display display(options.quiet);
  gate_hooks hooks;
  hooks.progress = [&](const run_progress& progress) { display.show(progress); };
  gate_result result;
  try {
    gate_request request = options.subjects;
    request.memory = wants(settings, "max_rss");
    const gate_subjects subjects = make_gate_subjects(request, settings.seed, interrupted);
    result = run_gate(settings, subjects.sides(), hooks);
    result.warnings.insert(result.warnings.begin(), subjects.warnings.begin(),
                           subjects.warnings.end());
    if (auto mismatch = library_mismatch(*subjects.baseline, *subjects.candidate)) {
      result.warnings.push_back(std::move(*mismatch));
    }
  } catch (const std::invalid_argument& error) {
    display.clear();
    throw usage_error(error.what());
  } catch (const interrupted_run&) {
    display.clear();
    warn("interrupted before anything was measured");
    return exit_interrupted;
  }
  display.clear();
  const int published = publish(options, result, style);
  if (published == exit_fine) {
    print_result(fmt::format("\nreport: {} ({:.0f} s)\n", options.output.string(), result.seconds));
  }
  if (result.interrupted) {
    warn("interrupted: the report holds what was measured until then");
    return exit_interrupted;
  }
  return published != exit_fine ? published : exit_code_of(result, options.strict);
}

}  // namespace

void add_gate_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<gate_options>();
  CLI::App* const command = app.add_subcommand(
      "gate", "Compare two builds or commands; exit 3 if the candidate is slower");
  gate_request& subjects = options->subjects;
  gate_settings& settings = options->settings;
  command->add_option("--baseline", subjects.baseline, "A benchmark executable or a command")
      ->required();
  command->add_option("--candidate", subjects.candidate, "What may have become slower")->required();
  command
      ->add_option("--kind", subjects.kind,
                   "What the two are: auto, google-benchmark, command or regatta")
      ->capture_default_str();
  command->add_flag("--shell", subjects.shell, "Commands: run them by /bin/sh -c");
  command->add_option("--filter", settings.filter,
                      "Only benchmarks whose name this regular expression is found in; -REGEX: "
                      "only the others");
  command->add_option("--metric", settings.metrics,
                      "What to compare, like cpu_time or items_per_second (repeat for more); "
                      "commands have wall, cpu and max_rss");
  command->add_option("--margin", options->margin, "Changes up to this do not matter")
      ->capture_default_str();
  command
      ->add_option("--alpha", settings.alpha,
                   "Probability of any false alarm over all comparisons, both directions")
      ->capture_default_str();
  command->add_option("--gate-file", options->gate_file,
                      "Margins, metrics and mutes by benchmark (JSON)");
  command->add_option("--budget", options->budget,
                      "Time for everything, like 90s or 5m (default: 60s, or more if 30 pairs of "
                      "each benchmark need more, up to 10m)");
  command->add_option("--max-pairs", settings.max_pairs, "Per comparison")->capture_default_str();
  command->add_option("--min-time", subjects.min_time,
                      "Google Benchmark: how long one benchmark runs in one launch (default 10ms)");
  command
      ->add_option("--repetitions", subjects.repetitions,
                   "Google Benchmark: parts of that time, whose median counts; 1: no parts")
      ->capture_default_str();
  command->add_option("--launch-timeout", subjects.launch_timeout,
                      "A launch that takes longer has failed (default 60s)");
  run_request& cells = subjects.cells;
  command->add_option("--suite", cells.suite, "Regatta builds: the suite or suite file to run")
      ->capture_default_str();
  command->add_option("-w,--workload", cells.workload_filters,
                      "Regatta builds: only these workloads");
  command->add_option("-b,--backend", cells.backend_filters, "Regatta builds: only these backends");
  command->add_option("--in-flight", cells.in_flight, "Regatta builds: items at a time");
  command->add_option("--rate", cells.rate,
                      "Regatta builds: arrivals per second; p99 is what is compared then");
  add_database_option(*command, cells.database, "Regatta builds: ");
  command->add_option("--seed", settings.seed, "Of order, padding and data")->capture_default_str();
  command->add_flag("--fail-on-inconclusive", options->strict.inconclusive,
                    "Exit 4 if a comparison found neither that it is worse nor that it is not");
  command->add_flag("--fail-on-unfit", options->strict.unfit,
                    "Exit 5 if the machine cannot tell: the baseline differs from its own copy");
  command->add_flag("--fail-on-missing", options->strict.missing,
                    "Exit 1 if the candidate lacks a benchmark that the baseline has");
  command->add_option("-o,--output", options->output, "Where the report (JSON) goes")
      ->capture_default_str();
  command->add_option("--junit", options->junit, "Also write JUnit XML to this file");
  command->add_option("--markdown", options->markdown, "Also write Markdown to this file");
  command->add_flag("--github", options->github,
                    "GitHub Actions: annotations on stdout, Markdown in the step's summary");
  command->add_flag("-q,--quiet", options->quiet, "No progress on stderr");
  command->add_option("--color", options->color, "auto, always or never")->capture_default_str();
  command->callback([options, &exit_code] { exit_code = execute(*options); });
}

}  // namespace regatta
