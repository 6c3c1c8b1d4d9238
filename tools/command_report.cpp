// SPDX-License-Identifier: Apache-2.0
#include "tools/command_report.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "reports/gate_json.hpp"
#include "reports/gate_junit.hpp"
#include "reports/gate_markdown.hpp"
#include "reports/gate_terminal.hpp"
#include "reports/json_report.hpp"
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

const std::vector<std::string>& formats_of(const stored_report&) { return run_report_formats(); }
const std::vector<std::string>& formats_of(const gate_result&) {
  static const std::vector<std::string> formats{"terminal", "markdown", "junit", "json"};
  return formats;
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

int execute(const report_options& options) {
  const color_mode color = parse_color(options.outputs.color);
  if (options.check && (options.outputs.format || !options.outputs.outputs.empty())) {
    throw usage_error("--check writes nothing: leave --format and --output away");
  }
  const stored_file stored = load_stored(options.file);
  return std::visit(
      [&](const auto& report) {
        if (options.check) return print_result(describe(report, options.file));
        const auto outputs = outputs_of(options.outputs, formats_of(report), {options.file});
        return write_outputs(outputs, color,
                             [&](const std::string& format, const terminal_style& style) {
                               return render(format, report, style);
                             });
      },
      stored);
}

}  // namespace

void add_report_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<report_options>();
  CLI::App* const command =
      app.add_subcommand("report", "Render a stored report in another format, or check it");
  command->add_option("file", options->file, "The JSON report of a run or of a gate")->required();
  command->add_flag("--check", options->check,
                    "Only check that the file follows its schema and does not contradict itself");
  add_output_options(
      *command, options->outputs,
      "terminal (default), markdown, html, junit, google-benchmark or json; of a gate's "
      "report terminal, markdown, junit or json");
  command->callback([options, &exit_code] { exit_code = execute(*options); });
}

}  // namespace regatta
