// SPDX-License-Identifier: Apache-2.0
#include "tools/command_profile.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "harness/platform/write_file.hpp"
#include "harness/profiling/profiler.hpp"
#include "harness/replay/service_model_json.hpp"
#include "reports/profile_report.hpp"
#include "tools/command_load.hpp"
#include "tools/drive.hpp"
#include "tools/exit_codes.hpp"
#include "tools/output.hpp"
#include "tools/report_outputs.hpp"
#include "tools/service_race.hpp"
#include "tools/suite.hpp"
#include "tools/terminal.hpp"
#include "tools/usage_error.hpp"

namespace regatta {
namespace {

struct profile_arguments {
  std::optional<pid_t> process;
  std::vector<std::string> command;
  std::optional<std::string> duration;
  std::string threshold;
  std::string tier = "auto";
  std::string requests = "on";
  drive_request drive;
  std::vector<std::string> outputs;
  bool children = true;
  bool quiet = false;
  std::string color = "auto";
  bool race = false;
  std::string race_workload = "regatta-workload.json";
};

std::optional<profiling::profile_tier> parse_tier(const std::string& text) {
  if (text == "auto") return std::nullopt;
  if (text == "ebpf") return profiling::profile_tier::ebpf;
  if (text == "perf") return profiling::profile_tier::perf;
  if (text == "proc") return profiling::profile_tier::proc;
  if (text == "ptrace") return profiling::profile_tier::ptrace;
  throw usage_error(fmt::format("--tier is auto, ebpf, perf, proc or ptrace, not '{}'", text));
}

bool parse_requests(const std::string& text) {
  if (text == "on") return true;
  if (text == "off") return false;
  throw usage_error(fmt::format("--requests is on or off, not '{}'", text));
}

std::variant<pid_t, profiling::profiled_command> subject_of(const profile_arguments& arguments) {
  if (arguments.process.has_value() != arguments.command.empty()) {
    throw usage_error(arguments.process
                          ? "give --pid N or -- and a command, not both"
                          : "what shall be profiled? Give --pid N, or -- and a command");
  }
  if (arguments.process) return *arguments.process;
  return arguments.command;
}

// A command runs to its end; what runs already is watched for ten seconds.
profiling::profile_options options_of(const profile_arguments& arguments,
                                      const std::string& threshold_name) {
  profiling::profile_options options;
  options.tier = parse_tier(arguments.tier);
  options.children = arguments.children;
  options.requests = parse_requests(arguments.requests);
  options.threshold = parse_duration(threshold_name, arguments.threshold);
  if (arguments.duration) {
    options.duration = parse_duration("--duration", *arguments.duration);
  } else if (!arguments.process) {
    options.duration.reset();
  }
  return options;
}

void tell_live(const profiling::blocked_stretch& stretch, profiling::stretch_phase phase) {
  switch (phase) {
    case profiling::stretch_phase::began:
      return warn(live_line(stretch, "has been blocked for"));
    case profiling::stretch_phase::continues:
      return warn(live_line(stretch, "is still blocked, for"));
    case profiling::stretch_phase::ended:
      return warn(live_line(stretch, "goes on after it was blocked for"));
  }
}

profiling::profile_hooks hooks_of(const profile_arguments& arguments) {
  catch_interrupts();
  profiling::profile_hooks hooks;
  hooks.stop = interrupted;
  if (!arguments.quiet) hooks.live = tell_live;
  return hooks;
}

profiling::profile_result measured(const profile_arguments& arguments,
                                   const std::string& threshold_name) {
  const auto subject = subject_of(arguments);
  const auto options = options_of(arguments, threshold_name);
  return profiling::profile(subject, options, hooks_of(arguments));
}

std::vector<report_output> outputs_of(const profile_arguments& arguments) {
  auto outputs = parse_outputs(arguments.outputs, "json", profile_formats());
  check_outputs(outputs);
  return outputs;
}

int store(const std::vector<report_output>& outputs, const profile_arguments& arguments,
          const profiling::profile_result& result) {
  return write_outputs(outputs, parse_color(arguments.color),
                       [&](const std::string& format, const terminal_style& style) {
                         return render_profile_report(format, result, style);
                       });
}

int race(const profile_arguments& arguments, const profiling::profile_result& result) {
  const service_model model = read_service_model(make_profile_json(result));
  const int stored = store_result(arguments.race_workload, workload_file_text(model));
  if (stored != exit_fine) return stored;
  service_race_request request;
  request.quiet = arguments.quiet;
  request.color = arguments.color;
  return race_profiled_service(arguments.race_workload, request);
}

int profile_command(const profile_arguments& arguments) {
  if (arguments.race) check_writable(arguments.race_workload);
  auto outputs = outputs_of(arguments);
  const bool said = std::any_of(outputs.begin(), outputs.end(),
                                [](const report_output& output) { return output.to_stdout(); });
  if (!said) outputs.push_back({"terminal", "-"});
  const auto load = plan_drive(arguments.drive, arguments.duration);
  driven_profile driven;
  if (load) {
    driven = profile_under_load(subject_of(arguments), options_of(arguments, "--threshold"),
                                hooks_of(arguments), *load);
  } else {
    driven.result = measured(arguments, "--threshold");
  }
  const int stored = store(outputs, arguments, driven.result);
  if (interrupted()) return exit_interrupted;
  if (!driven.problem.empty()) {
    warn("there is no load in the report: " + driven.problem);
    return exit_error;
  }
  if (driven.result.driven && driven.result.driven->load.interrupted) {
    warn("the process ended before the load did");
    return exit_error;
  }
  int code = stored;
  if (driven.result.driven)
    code = std::max(code, load_exit_code(driven.result.driven->load, false));
  return arguments.race ? std::max(code, race(arguments, driven.result)) : code;
}

// What the machine did to it, by giving it no CPU or by stopping it, is not the program's fault.
const profiling::blocked_stretch* worst_own(const profiling::profile_result& result) {
  const profiling::blocked_stretch* worst = nullptr;
  for (const auto& loop : result.loops) {
    for (const auto& stretch : loop.stretches) {
      if (stretch.own_time() < result.threshold) continue;
      if (worst == nullptr || stretch.duration > worst->duration) worst = &stretch;
    }
  }
  return worst;
}

int assert_command(const profile_arguments& arguments) {
  const terminal_style style = style_for_stdout(parse_color(arguments.color));
  const auto outputs = outputs_of(arguments);
  const auto result = measured(arguments, "--max");
  const int stored = store(outputs, arguments, result);
  if (interrupted()) return exit_interrupted;
  if (const auto* const worst = worst_own(result)) {
    warn(fmt::format("{} was kept waiting for longer than {}", worst->loop, arguments.threshold));
    return std::max({exit_regression, stored, print_result(render_stretch(*worst, style))});
  }
  if (result.loops.empty()) {
    warn("no loop was found, so none could be judged: no thread waited by epoll, poll or io_uring");
    return exit_error;
  }
  if (result.process_end && *result.process_end != "exited with code 0") {
    warn(fmt::format("no loop was kept waiting for {}, but the command {}", arguments.threshold,
                     *result.process_end));
    return exit_error;
  }
  return stored;
}

void add_common(CLI::App& command, const std::shared_ptr<profile_arguments>& arguments) {
  command.add_option("command", arguments->command, "A command to start, after --");
  command.add_option("--duration", arguments->duration,
                     "How long; without it 10s, or to the end of the command");
  command
      .add_option("--tier", arguments->tier,
                  "ebpf, perf, proc, or the best there is: auto; ptrace stops threads "
                  "that compute, to copy their stacks")
      ->capture_default_str();
  command
      .add_option(
          "-o,--output", arguments->outputs,
          "FILE.json, FILE.html or FORMAT=FILE: json, html, folded, speedscope, chrome-trace, "
          "terminal")
      ->allow_extra_args(false);  // the "--" before a command is not its end
  command.add_flag("--children,!--no-children", arguments->children,
                   "Child processes, those that are started meanwhile as well; on by default");
  command.add_flag("-q,--quiet", arguments->quiet, "Nothing on stderr while it lasts");
  command.add_option("--color", arguments->color, "auto, always or never")->capture_default_str();
}

}  // namespace

void add_profile_commands(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<profile_arguments>();
  arguments->threshold = "100ms";
  CLI::App* command = app.add_subcommand(
      "profile", "Where a running process's event loops block and why, without touching it");
  command->add_option("--pid", arguments->process, "A process that runs")
      ->check(CLI::Range(1, 1 << 22));
  command->add_option("--threshold", arguments->threshold, "Callbacks this long are blocks")
      ->capture_default_str();
  command->add_flag("--race", arguments->race,
                    "Then replay its requests on every approach and say which to use");
  command
      ->add_option("--race-workload", arguments->race_workload,
                   "Where --race puts what it replays; see regatta race-profile")
      ->capture_default_str();
  command
      ->add_option("--requests", arguments->requests,
                   "on: follow the requests that it answers, and say what kind of service it is")
      ->capture_default_str();
  add_common(*command, arguments);
  add_drive_options(*command, arguments->drive);
  command->callback([arguments, &exit_code] { exit_code = profile_command(*arguments); });

  arguments = std::make_shared<profile_arguments>();
  arguments->requests = "off";
  command = app.add_subcommand(
      "stall-assert", "Run a command; exit 3 with the stack if a callback of a loop took too long");
  command->add_option("--max", arguments->threshold, "The longest that a callback may take")
      ->required();
  add_common(*command, arguments);
  command->callback([arguments, &exit_code] { exit_code = assert_command(*arguments); });
}

}  // namespace regatta
