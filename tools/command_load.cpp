// SPDX-License-Identifier: Apache-2.0
#include "tools/command_load.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>

#include "reports/figures.hpp"
#include "reports/hdr_percentiles.hpp"
#include "reports/load_json.hpp"
#include "reports/load_report.hpp"
#include "tools/exit_codes.hpp"
#include "tools/load_options.hpp"
#include "tools/output.hpp"
#include "tools/report_outputs.hpp"

namespace regatta {
namespace {

using namespace http_load;

struct load_arguments {
  load_request request;
  std::vector<std::string> outputs;
  bool fail_on_unfit = false;
  bool quiet = false;
  std::string color = "auto";
};

// The table for people goes to stdout unless something else does.
std::vector<report_output> outputs_of(const load_arguments& arguments) {
  std::vector<std::string> texts = arguments.outputs;
  for (std::string& text : texts) {
    if (text.ends_with(".hgrm") && text.find('=') == std::string::npos) text = "hgrm=" + text;
  }
  auto outputs = parse_outputs(texts, "json", {"json", "hgrm"});
  const bool taken = std::any_of(outputs.begin(), outputs.end(),
                                 [](const report_output& each) { return each.to_stdout(); });
  if (!taken) outputs.push_back({"terminal", "-"});
  check_outputs(outputs);
  return outputs;
}

std::string text_of(const nlohmann::ordered_json& report) {
  return report.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

int run_once(const load_arguments& arguments, const load_choice& choice,
             const std::vector<report_output>& outputs) {
  progress_display display(arguments.quiet);
  load_hooks hooks;
  hooks.progress = [&](double fraction) {
    display.show({"", "load on " + choice.plan.url, fraction, 0});
  };
  hooks.stop = interrupted;
  const load_result result = run_load(choice.plan, choice.levels, choice.limits, hooks);
  display.clear();
  const int written =
      write_outputs(outputs, parse_color(arguments.color),
                    [&](const std::string& format, const terminal_style& style) -> std::string {
                      if (format == "json") return text_of(make_load_json(result));
                      if (format == "hgrm") return render_hdr_percentiles(result.total().latency);
                      return render_load(result, style);
                    });
  const int code = load_exit_code(result, arguments.fail_on_unfit);
  return code == exit_fine ? written : code;
}

int code_of(const knee_result& result) {
  if (result.interrupted) return exit_interrupted;
  const knee_step& last = result.steps.back();
  if (last.verdict == level_verdict::withheld) {
    warn("the search ended early: " + result.ended);
    return last.result.bottleneck.empty() ? exit_inconclusive : exit_unfit;
  }
  return result.kept ? exit_fine : exit_regression;
}

int search_knee(const load_arguments& arguments, const load_choice& choice,
                const std::vector<report_output>& outputs) {
  progress_display display(arguments.quiet);
  knee_hooks hooks;
  hooks.progress = [&](double rate, double fraction) {
    display.show({"", fmt::format("{} on {}", show_rate(rate), choice.plan.url), fraction, 0});
  };
  hooks.stop = interrupted;
  const knee_result result = find_knee(*choice.knee, choice.limits, hooks);
  display.clear();
  const int written =
      write_outputs(outputs, parse_color(arguments.color),
                    [&](const std::string& format, const terminal_style& style) -> std::string {
                      if (format == "json") return text_of(make_knee_json(result));
                      if (format == "hgrm")
                        return render_hdr_percentiles(result.steps.back().result.total().latency);
                      return render_knee(result, style);
                    });
  const int code = code_of(result);
  return code == exit_fine ? written : code;
}

int execute(const load_arguments& arguments) {
  parse_color(arguments.color);
  const load_choice choice = plan_load(arguments.request);
  const auto outputs = outputs_of(arguments);
  catch_interrupts();
  return choice.knee ? search_knee(arguments, choice, outputs)
                     : run_once(arguments, choice, outputs);
}

void add_flags(CLI::App& command, load_arguments& arguments) {
  load_request& request = arguments.request;
  command.add_option("url", request.url, "What is asked for, like http://127.0.0.1:8080/path")
      ->required();
  command.add_option("-r,--rate", request.rate,
                     "Open loop: requests per second, each from its intended start. Without it a "
                     "closed loop: every connection asks again when it is answered");
  command.add_option("--stages", request.stages,
                     "Open loop in stages: RATE:TIME or FROM-TO:TIME, like 500:10s,500-2000:30s");
  command.add_option("--arrivals", request.arrivals,
                     "Of an open loop: poisson (the default) or constant");
  command.add_option("--seed", request.seed, "Of the arrivals")->capture_default_str();
  command
      .add_option("-c,--connections", request.connections, "Kept alive, of all threads together")
      ->capture_default_str();
  command.add_option("-t,--threads", request.threads, "Of the client")->capture_default_str();
  command.add_option("-d,--duration", request.duration, "What is measured (default 10s)");
  command.add_option("--warmup", request.warm_up, "Before it, not measured; 0 for none")
      ->capture_default_str();
  command.add_option("-n,--requests", request.requests, "End after so many, if that is sooner");
  command.add_option("--timeout", request.timeout,
                     "From a request's send to the end of its answer (default 10s, of --llm 120s)");
  command.add_flag("--spin", request.spin,
                   "Never sleep: the most exact starts, for a whole CPU per thread");
  command.add_flag(
      "!--no-poll", request.poll,
      "Sleep until a request is due or an answer is there: for a server that needs the "
      "same CPUs");
  command.add_option("-m,--method", request.method, "Default GET; POST with a body");
  command.add_option("-H,--header", request.headers, "'Name: value'; repeat for more")
      ->take_all()
      ->allow_extra_args(false);
  command.add_option("-b,--body", request.body, "Text, or @FILE");
  command.add_option("--ca-file", request.ca_file, "Trusted instead of the system's store, PEM");
  command
      .add_option("--slo", request.levels,
                  "What must be kept, like p99=50ms or errors=0.1%; exit code 3 if it is not. "
                  "Repeat for more")
      ->take_all()
      ->allow_extra_args(false);
  command
      .add_option("--max-lag", request.max_lag,
                  "If 1 % of the requests leave later than this, no verdict is given")
      ->capture_default_str();
  command.add_flag("--fail-on-unfit", arguments.fail_on_unfit,
                   "Exit with 5 if the client was the bottleneck, also without --slo");
  command.add_flag("--knee", request.knee, "Search the highest rate that keeps --slo");
  command.add_option("--step", request.step, "Of --knee: time for each rate (default 5s)");
  command.add_option("--precision", request.precision, "Of --knee (default 5%)");
  command.add_flag("--llm", request.llm,
                   "Ask for streamed chat completions: time to first token, inter-token latency, "
                   "tokens/s");
  command.add_option("--model", request.model, "Of --llm")->capture_default_str();
  command.add_option("--prompt", request.prompt, "Of --llm")->capture_default_str();
  command.add_option("--max-tokens", request.max_tokens, "Of --llm; 0: no limit")
      ->capture_default_str();
  command.add_option("--api-key-env", request.api_key_variable,
                     "Of --llm: the environment variable that has the key");
  command
      .add_option("--goodput", request.goodput,
                  "Of --llm: ttft=500ms, itl=50ms (mean of an answer) or latency=5s; answers that "
                  "keep all are counted. Repeat for more")
      ->take_all()
      ->allow_extra_args(false);
  command
      .add_option("-o,--output", arguments.outputs,
                  "FILE.json, FILE.hgrm (HdrHistogram's percentiles), FORMAT=FILE; - is stdout")
      ->take_all()
      ->allow_extra_args(false);
  command.add_flag("-q,--quiet", arguments.quiet, "No progress on stderr");
  command.add_option("--color", arguments.color, "auto, always or never")->capture_default_str();
}

}  // namespace

int load_exit_code(const load_result& result, bool fail_on_unfit) {
  const load_tally total = result.total();
  if (result.interrupted) return exit_interrupted;
  if (total.ok == 0 && total.requests() > 0) {
    warn(fmt::format("no request was answered as it should be: {}",
                     result.first_failure.empty() ? "none was answered" : result.first_failure));
    return exit_error;
  }
  const bool unfit = !result.bottleneck.empty();
  if (unfit && (fail_on_unfit || !result.levels.empty())) {
    warn("no verdict: the client was the bottleneck: " + result.bottleneck);
    return exit_unfit;
  }
  switch (worst_of(result.levels)) {
    case level_verdict::kept:
      return exit_fine;
    case level_verdict::missed:
      return exit_regression;
    case level_verdict::withheld:
      break;
  }
  warn("no verdict: too few requests; measure longer with --duration");
  return exit_inconclusive;
}

void add_load_command(CLI::App& app, int& exit_code) {
  CLI::App& command = *app.add_subcommand(
      "load", "Put an HTTP server under load, open loop or closed, and say how it bears it");
  const auto arguments = std::make_shared<load_arguments>();
  add_flags(command, *arguments);
  command.callback([arguments, &exit_code] { exit_code = execute(*arguments); });
}

}  // namespace regatta
