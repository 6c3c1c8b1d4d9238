// SPDX-License-Identifier: Apache-2.0
#include "tools/command_report.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "reports/gate_json.hpp"
#include "reports/gate_junit.hpp"
#include "reports/gate_markdown.hpp"
#include "reports/gate_terminal.hpp"
#include "reports/hdr_percentiles.hpp"
#include "reports/json_report.hpp"
#include "reports/load_json.hpp"
#include "reports/load_report.hpp"
#include "reports/profile_report.hpp"
#include "tools/output.hpp"
#include "tools/report_outputs.hpp"
#include "tools/stored_file.hpp"
#include "tools/usage_error.hpp"

namespace regatta {
namespace {

struct report_options {
  std::string file;
  bool check = false;
  output_request outputs;
};

std::string describe(const stored_report& report, const std::string& file) {
  std::size_t cells = 0;
  std::size_t epochs = 0;
  for (const workload_result& one : report.run.workloads) {
    cells += one.cells.size();
    for (const cell_result& cell : one.cells) epochs += cell.epochs.size();
  }
  return fmt::format(
      "{}: a sound report of regatta {} (schema version {}): workloads: {}, cells: {}, epochs: "
      "{}{}\n",
      file, report.written_by, report_schema_version, report.run.workloads.size(), cells, epochs,
      report.run.complete() ? "" : "; the run is incomplete");
}

std::string describe(const gate_result& gate, const std::string& file) {
  std::size_t pairs = 0;
  for (const gate_comparison& each : gate.comparisons) {
    pairs += each.screening.pairs.size();
    if (each.confirmation) pairs += each.confirmation->pairs.size();
  }
  return fmt::format(
      "{}: a sound report of a gate (schema version {}): comparisons: {}, pairs: {}{}\n", file,
      gate_schema_version, gate.comparisons.size(), pairs,
      gate.interrupted ? "; the gate is incomplete" : "");
}

std::string describe(const profiling::profile_result& profile, const std::string& file) {
  std::size_t stretches = 0;
  for (const auto& loop : profile.loops) stretches += loop.stretches.size();
  return fmt::format(
      "{}: a sound report of a profile (schema version {}): loops: {}, stretches: {}\n", file,
      profile_schema_version, profile.loops.size(), stretches);
}

std::string describe(const http_load::load_result& load, const std::string& file) {
  return fmt::format(
      "{}: a sound report of a load (schema version {}): stages: {}, requests: {}{}\n", file,
      load_schema_version, load.stages.size(), load.total().requests(),
      load.interrupted ? "; the load is incomplete" : "");
}

std::string describe(const checked_report& report, const std::string& file) {
  return fmt::format("{}: it follows the schema of {}\n", file, file_name_of(report.kind));
}

const std::vector<std::string>& formats_of(const stored_report&) { return run_report_formats(); }
const std::vector<std::string>& formats_of(const gate_result&) {
  static const std::vector<std::string> formats{"terminal", "markdown", "junit", "json"};
  return formats;
}
const std::vector<std::string>& formats_of(const profiling::profile_result&) {
  return profile_formats();
}
const std::vector<std::string>& formats_of(const http_load::load_result&) {
  static const std::vector<std::string> formats{"terminal", "hgrm"};
  return formats;
}
const std::vector<std::string>& formats_of(const checked_report& report) {
  throw usage_error(
      fmt::format("the report of a {} can be checked, by --check, and not be rendered again",
                  kind_name(report.kind)));
}

std::string render(const std::string& format, const stored_report& report,
                   const terminal_style& style) {
  return render_run_report(format, report.run, report.advice, style);
}
std::string render(const std::string& format, const gate_result& gate,
                   const terminal_style& style) {
  if (format == "markdown") return render_gate_markdown(gate);
  if (format == "junit") return render_gate_junit(gate);
  if (format == "json") return render_gate_json(gate);
  return render_gate(gate, style);
}
std::string render(const std::string& format, const profiling::profile_result& profile,
                   const terminal_style& style) {
  return render_profile_report(format, profile, style);
}
std::string render(const std::string& format, const http_load::load_result& load,
                   const terminal_style& style) {
  if (format == "hgrm") return render_hdr_percentiles(load.total().latency);
  return render_load(load, style);
}
std::string render(const std::string&, const checked_report&, const terminal_style&) { return {}; }

int execute(const report_options& options) {
  const color_mode color = parse_color(options.outputs.color);
  if (options.check && (options.outputs.format || !options.outputs.outputs.empty())) {
    throw usage_error("--check writes nothing: leave --format and --output away");
  }
  const loaded_file stored = load_stored(options.file);
  return std::visit(
      [&](const auto& report) {
        if (options.check) return print_result(describe(report, options.file));
        const auto outputs = outputs_of(options.outputs, formats_of(report), {options.file});
        using kind = std::decay_t<decltype(report)>;
        const kind& for_terminal = std::get<kind>(stored.for_terminal());
        return write_outputs(outputs, color,
                             [&](const std::string& format, const terminal_style& style) {
                               const bool shown = format == "terminal";
                               return render(format, shown ? for_terminal : report, style);
                             });
      },
      stored.content);
}

}  // namespace

void add_report_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<report_options>();
  CLI::App* const command =
      app.add_subcommand("report", "Render a stored report in another format, or check it");
  command
      ->add_option("file", options->file, "The JSON report of a run, a gate, a profile or a load")
      ->required();
  command->add_flag("--check", options->check,
                    "Only check that the file follows its schema and does not contradict itself");
  add_output_options(
      *command, options->outputs,
      "terminal (default), markdown, html, junit, google-benchmark or json; of a gate's "
      "report terminal, markdown, junit or json; of a profile terminal, html, json, folded, "
      "speedscope or chrome-trace; of a load terminal or hgrm");
  command->callback([options, &exit_code] { exit_code = execute(*options); });
}

}  // namespace regatta
