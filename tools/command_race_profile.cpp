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
  command.add_option("--shape", request.shape,
                     "The backend that serves as the service does, like thread:workers=8");
  command.add_option("-b,--backend", request.backend_filters,
                     "Only these approaches: names or globs, with commas, or repeat it");
  command.add_flag("--predict", request.predict,
                   "Only say what throughput to expect of the service as it is; replay nothing");
  command.add_flag("--all", request.all, "Race also the approaches that are expected to lose");
  command.add_option("--budget", request.budget, "Time for all of it (default 2m)");
  command.add_option("--fidelity", request.most_off,
                     "How far the replayed service may be off its profile (default 15%)");
  command.add_option("--lock", request.lock,
                     "What the service's own code must hold: none, gil or free-threaded (default: "
                     "gil for python, else none)");
  command.add_option("--confidence", request.confidence, "Of each recommendation (default 0.95)");
  command.add_option("--delta", request.delta, "Differences that do not matter (default 5%)");
  command.add_option("--seed", request.seed, "Of the requests' order and arrivals (default 1)");
  command.add_option(
      "-o,--output", request.outputs,
      "FILE (JSON) or FORMAT=FILE: json, terminal, run (the races alone, for regatta "
      "report); - is stdout");
  command.add_flag("-q,--quiet", request.quiet, "No progress on stderr");
  command.add_option("--color", request.color, "auto, always or never")->capture_default_str();
  command.callback([arguments, &exit_code] { exit_code = race_profile(*arguments); });
}

}  // namespace regatta
