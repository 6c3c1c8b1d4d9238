// SPDX-License-Identifier: Apache-2.0
#include "tools/command_doctor.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "harness/doctor/doctor.hpp"
#include "harness/platform/write_file.hpp"
#include "reports/doctor_report.hpp"
#include "tools/exit_codes.hpp"
#include "tools/output.hpp"

namespace regatta {
namespace {

struct doctor_options {
  doctor_plan plan;
  bool run = true;
  bool fail_on_unfit = false;
  std::optional<std::filesystem::path> json;
  bool quiet = false;
  std::string color = "auto";
};

int execute(const doctor_options& options) {
  const terminal_style style = style_for_stdout(parse_color(options.color));
  if (options.json) check_writable(*options.json);
  doctor_plan plan = options.plan;
  if (!options.run) plan.card = plan.work = {};
  catch_interrupts();
  progress_display display(options.quiet);
  doctor_hooks hooks;
  hooks.progress = [&](const std::string& doing, double fraction) {
    display.show({"", doing, fraction, 0});
  };
  hooks.stop = interrupted;
  const doctor_result result = examine(plan, hooks);
  display.clear();

  int code = print_result(render_doctor(result, style));
  if (options.json) {
    using nlohmann::json;
    const std::string text =
        make_doctor_json(result).dump(1, ' ', false, json::error_handler_t::replace) + "\n";
    code = std::max(code, store_result(*options.json, text));
  }
  if (result.interrupted) return exit_interrupted;
  if (code == exit_fine && options.fail_on_unfit && !result.fit()) code = exit_unfit;
  return code;
}

}  // namespace

void add_doctor_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<doctor_options>();
  CLI::App* const command = app.add_subcommand(
      "doctor", "Is this machine fit to measure, how small a change can it show, and what to do");
  command->add_flag("!--no-run", options->run,
                    "Only look: no machine card and no A/A run, so nothing on its resolution");
  command->add_flag("--fail-on-unfit", options->fail_on_unfit,
                    "Exit with 5 if the machine is unfit");
  command->add_option("--json", options->json, "Where the findings go as JSON");
  command->add_flag("-q,--quiet", options->quiet, "No progress on stderr");
  command->add_option("--color", options->color, "auto, always or never")->capture_default_str();
  command->callback([options, &exit_code] { exit_code = execute(*options); });
}

}  // namespace regatta
