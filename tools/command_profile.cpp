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

#include "harness/profiling/profiler.hpp"
#include "reports/profile_report.hpp"
#include "reports/stack_exports.hpp"
#include "tools/exit_codes.hpp"
#include "tools/output.hpp"
#include "tools/report_outputs.hpp"
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
  std::vector<std::string> outputs;
  bool children = true;
  bool quiet = false;
  std::string color = "auto";
};

std::optional<profiling::profile_tier> parse_tier(const std::string& text) {
  if (text == "auto") return std::nullopt;
  if (text == "ebpf") return profiling::profile_tier::ebpf;
  if (text == "perf") return profiling::profile_tier::perf;
  if (text == "proc") return profiling::profile_tier::proc;
  throw usage_error(fmt::format("--tier is auto, ebpf, perf or proc, not '{}'", text));
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

profiling::profile_result measured(const profile_arguments& arguments,
                                   const std::string& threshold_name) {
  const auto subject = subject_of(arguments);
  const auto options = options_of(arguments, threshold_name);
  catch_interrupts();
  profiling::profile_hooks hooks;
  hooks.stop = interrupted;
  if (!arguments.quiet) hooks.live = tell_live;
  return profiling::profile(subject, options, hooks);
}

std::string render(const std::string& format, const profiling::profile_result& result,
                   const terminal_style& style) {
  if (format == "folded") return folded_stacks(result);
  if (format == "speedscope") return render_speedscope(result);
  if (format == "chrome-trace") return render_chrome_trace(result);
  if (format == "terminal") return render_profile(result, style);
  using nlohmann::json;
  return make_profile_json(result).dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::vector<report_output> outputs_of(const profile_arguments& arguments) {
  const std::vector<std::string> formats = {"json", "terminal", "folded", "speedscope",
                                            "chrome-trace"};
  auto outputs = parse_outputs(arguments.outputs, formats.front(), formats);
  check_outputs(outputs);
  return outputs;
}

int store(const std::vector<report_output>& outputs, const profile_arguments& arguments,
          const profiling::profile_result& result) {
  return write_outputs(outputs, parse_color(arguments.color),
                       [&](const std::string& format, const terminal_style& style) {
                         return render(format, result, style);
                       });
}

int profile_command(const profile_arguments& arguments) {
  auto outputs = outputs_of(arguments);
  const bool said = std::any_of(outputs.begin(), outputs.end(),
                                [](const report_output& output) { return output.to_stdout(); });
  if (!said) outputs.push_back({"terminal", "-"});
  const auto result = measured(arguments, "--threshold");
  const int stored = store(outputs, arguments, result);
  return interrupted() ? exit_interrupted : stored;
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
  command.add_option("--tier", arguments->tier, "ebpf, perf, proc, or the best there is: auto")
      ->capture_default_str();
  command
      .add_option("-o,--output", arguments->outputs,
                  "FILE (JSON) or FORMAT=FILE: json, folded, speedscope, chrome-trace, terminal")
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
  add_common(*command, arguments);
  command->callback([arguments, &exit_code] { exit_code = profile_command(*arguments); });

  arguments = std::make_shared<profile_arguments>();
  command = app.add_subcommand(
      "stall-assert", "Run a command; exit 3 with the stack if a callback of a loop took too long");
  command->add_option("--max", arguments->threshold, "The longest that a callback may take")
      ->required();
  add_common(*command, arguments);
  command->callback([arguments, &exit_code] { exit_code = assert_command(*arguments); });
}

}  // namespace regatta
