// SPDX-License-Identifier: Apache-2.0
#include "tools/command_compare.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "reports/comparison_json.hpp"
#include "reports/comparison_text.hpp"
#include "reports/run_comparison.hpp"
#include "tools/output.hpp"
#include "tools/report_outputs.hpp"
#include "tools/stored_file.hpp"
#include "tools/usage_error.hpp"

namespace regatta {
namespace {

struct compare_options {
  std::vector<std::string> files;
  output_request outputs;
};

int execute(const compare_options& options) {
  const auto& files = options.files;
  const color_mode color = parse_color(options.outputs.color);
  const auto outputs = outputs_of(options.outputs, {"terminal", "markdown", "json"}, files);
  if (files.size() < 2) {
    throw usage_error("compare takes two reports or more; to see one, use regatta report");
  }
  if (files.size() > most_compared_runs) {
    throw usage_error(fmt::format("compare takes at most {} reports", most_compared_runs));
  }
  for (auto file = files.begin(); file != files.end(); ++file) {
    if (std::find(files.begin(), file, *file) != file) {
      throw usage_error(*file + " is named twice; a report held against itself shows nothing");
    }
  }
  std::vector<stored_report> reports;
  for (const std::string& file : files) reports.push_back(load_report(file));
  std::vector<named_run> runs;
  for (std::size_t i = 0; i < files.size(); ++i) {
    runs.push_back({files[i], &reports[i].run, &reports[i].advice});
  }
  const run_comparison comparison = compare_runs(runs);
  return write_outputs(outputs, color, [&](const std::string& format, const terminal_style& style) {
    if (format == "markdown") return render_comparison_markdown(comparison);
    if (format == "json") return render_comparison_json(comparison);
    return render_comparison(comparison, style);
  });
}

}  // namespace

void add_compare_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<compare_options>();
  CLI::App* const command = app.add_subcommand(
      "compare", "Hold reports of several runs against each other: what moved, what follows");
  command->add_option("files", options->files, "The JSON reports of two runs or more")->required();
  add_output_options(*command, options->outputs, "terminal (default), markdown or json");
  command->callback([options, &exit_code] { exit_code = execute(*options); });
}

}  // namespace regatta
