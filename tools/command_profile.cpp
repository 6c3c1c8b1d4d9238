// SPDX-License-Identifier: Apache-2.0
#include "tools/command_profile.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
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
#include "tools/stall_verdict.hpp"
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
  double followed_rate = profiling::profile_options().followed_rate;
  drive_request drive;
  std::vector<std::string> outputs;
  bool children = true;
  bool quiet = false;
  std::string color = "auto";
  bool race = false;
  std::string race_workload = "regatta-workload.json";
  service_race_request race_request;
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

// A number alone is seconds elsewhere; here it is meant as milliseconds as often.
std::chrono::milliseconds parse_threshold(const std::string& flag, const std::string& text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [number_end, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && number_end == end) {
    throw usage_error(fmt::format("{0} needs a unit: {1}ms or {1}s?", flag, text));
  }
  return parse_duration(flag, text);
}

// A command runs to its end; what runs already is watched for ten seconds.
profiling::profile_options options_of(const profile_arguments& arguments,
                                      const std::string& threshold_name) {
  profiling::profile_options options;
  options.tier = parse_tier(arguments.tier);
  options.children = arguments.children;
  options.requests = parse_requests(arguments.requests);
  options.followed_rate = arguments.followed_rate;
  options.threshold = parse_threshold(threshold_name, arguments.threshold);
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

driven_profile measured(const profile_arguments& arguments, const std::string& threshold_name) {
  const auto subject = subject_of(arguments);
  const auto options = options_of(arguments, threshold_name);
  if (const auto load = plan_drive(arguments.drive, arguments.duration)) {
    return profile_under_load(subject, options, hooks_of(arguments), *load);
  }
  return {profiling::profile(subject, options, hooks_of(arguments)), {}};
}

// Of a profile that was not interrupted; its reason is told on stderr.
int load_code_of(const driven_profile& driven) {
  if (!driven.problem.empty()) {
    warn("there is no load in the report: " + driven.problem);
    return exit_error;
  }
  if (!driven.result.driven) return exit_fine;
  const http_load::load_result& load = driven.result.driven->load;
  if (load.interrupted) {
    warn("the process ended before the load did");
    return exit_error;
  }
  return load_exit_code(load, false);
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
  return race_profiled_service(arguments.race_workload, arguments.race_request);
}

int profile_command(const profile_arguments& arguments) {
  if (arguments.race) {
    check_service_race(arguments.race_request);
    check_writable(arguments.race_workload);
  }
  auto outputs = outputs_of(arguments);
  const bool said = std::any_of(outputs.begin(), outputs.end(),
                                [](const report_output& output) { return output.to_stdout(); });
  if (!said) outputs.push_back({"terminal", "-"});
  const driven_profile driven = measured(arguments, "--threshold");
  const int stored = store(outputs, arguments, driven.result);
  if (interrupted()) return exit_interrupted;
  const int code = std::max(stored, load_code_of(driven));
  const bool raceable =
      driven.problem.empty() && !(driven.result.driven && driven.result.driven->load.interrupted);
  if (!arguments.race || !raceable) return code;
  return std::max(code, race(arguments, driven.result));
}

int assert_command(const profile_arguments& arguments) {
  const terminal_style style = style_for_stdout(parse_color(arguments.color));
  const auto outputs = outputs_of(arguments);
  const driven_profile driven = measured(arguments, "--max");
  int code = store(outputs, arguments, driven.result);
  if (interrupted()) return exit_interrupted;
  const stall_verdict verdict = judge_stalls(driven.result, arguments.threshold);
  if (!verdict.sentence.empty()) warn(verdict.sentence);
  if (verdict.worst != nullptr) {
    code = std::max(code, print_result(render_stretch(*verdict.worst, style)));
  }
  if (verdict.code == exit_error) return std::max(code, verdict.code);
  return std::max({code, verdict.code, load_code_of(driven)});
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
      ->add_option("--race-output", arguments->race_request.outputs,
                   "FILE (JSON) or FORMAT=FILE for what --race found: json, terminal, run")
      ->needs("--race")
      ->allow_extra_args(false);
  add_service_race_options(*command, arguments->race_request,
                           "Of --race, as of regatta race-profile", "--race");
  command
      ->add_option("--requests", arguments->requests,
                   "on: follow the requests that it answers, and say what kind of service it is")
      ->capture_default_str();
  command
      ->add_option("--follow", arguments->followed_rate,
                   "About how many requests a second are followed one by one where there are more "
                   "than twice as many; the others are counted")
      ->check(CLI::Range(1.0, 1e9))
      ->capture_default_str();
  add_common(*command, arguments);
  add_drive_options(*command, arguments->drive);
  command->callback([arguments, &exit_code] {
    arguments->race_request.quiet = arguments->quiet;
    arguments->race_request.color = arguments->color;
    exit_code = profile_command(*arguments);
  });

  arguments = std::make_shared<profile_arguments>();
  arguments->requests = "off";
  command = app.add_subcommand(
      "stall-assert", "Run a command; exit 3 with the stack if a callback of a loop took too long");
  command->add_option("--max", arguments->threshold, "The longest that a callback may take")
      ->required();
  add_common(*command, arguments);
  add_drive_options(*command, arguments->drive);
  command->callback([arguments, &exit_code] { exit_code = assert_command(*arguments); });
}

}  // namespace regatta
