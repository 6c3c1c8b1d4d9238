// SPDX-License-Identifier: Apache-2.0
#include "tools/command_race_profile.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>

#include "harness/replay/service_model_json.hpp"
#include "tools/output.hpp"
#include "tools/service_race.hpp"

namespace regatta {
namespace {

struct race_profile_arguments {
  std::filesystem::path file;
  std::optional<std::filesystem::path> workload_file;
  service_race_request request;
};

int race_profile(const race_profile_arguments& arguments) {
  if (!arguments.workload_file) return race_profiled_service(arguments.file, arguments.request);
  const int stored = store_result(*arguments.workload_file,
                                  workload_file_text(load_service_model(arguments.file)));
  if (stored != 0) return stored;
  return race_profiled_service(*arguments.workload_file, arguments.request);
}

}  // namespace

void add_race_profile_command(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<race_profile_arguments>();
  CLI::App& command = *app.add_subcommand(
      "race-profile", "Replay a profiled service on every approach; say which one to use");
  service_race_request& request = arguments->request;
  command
      .add_option("file", arguments->file,
                  "A profile with requests (regatta profile -o FILE), or a workload file")
      ->required();
  command.add_option("--workload-file", arguments->workload_file,
                     "Write what is replayed here first: to keep, to edit, to race again");
  add_service_race_options(command, request, "", "");
  command.add_flag("--predict", request.predict,
                   "Only say what throughput to expect of the service as it is; replay nothing");
  command.add_option(
      "-o,--output", request.outputs,
      "FILE (JSON) or FORMAT=FILE: json, terminal, run (the races alone, for regatta "
      "report); - is stdout");
  command.add_flag("-q,--quiet", request.quiet, "No progress on stderr");
  command.add_option("--color", request.color, "auto, always or never")->capture_default_str();
  command.callback([arguments, &exit_code] { exit_code = race_profile(*arguments); });
}

}  // namespace regatta
