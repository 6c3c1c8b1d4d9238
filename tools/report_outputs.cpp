// SPDX-License-Identifier: Apache-2.0
#include "tools/report_outputs.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/platform/write_file.hpp"
#include "reports/google_benchmark_json.hpp"
#include "reports/html_report.hpp"
#include "reports/json_report.hpp"
#include "reports/junit_report.hpp"
#include "reports/markdown_report.hpp"
#include "reports/nearest.hpp"
#include "reports/profile_html.hpp"
#include "reports/profile_report.hpp"
#include "reports/stack_exports.hpp"
#include "reports/terminal_report.hpp"
#include "tools/exit_codes.hpp"
#include "tools/output.hpp"
#include "tools/usage_error.hpp"

namespace regatta {
namespace {

std::string render_terminal(const run_result& run, const std::vector<recommendation>& advice,
                            const terminal_style& style) {
  std::string text = render_machine(run, style);
  for (std::size_t i = 0; i < run.workloads.size(); ++i) {
    text += render_workload(run.workloads[i], advice[i], style);
  }
  return text;
}

std::optional<std::string> format_of_extension(const std::filesystem::path& path,
                                               const std::vector<std::string>& formats) {
  static const std::map<std::string, std::string> known{
      {".html", "html"}, {".md", "markdown"}, {".xml", "junit"}, {".json", "json"}};
  const auto found = known.find(path.extension().string());
  if (found == known.end()) return std::nullopt;
  const bool offered = std::find(formats.begin(), formats.end(), found->second) != formats.end();
  return offered ? std::optional(found->second) : std::nullopt;
}

// "html=page.html" names its format; "a=b/c" and "./a=b" are paths.
report_output parse_output(const std::string& text, const std::string& plain_format,
                           const std::vector<std::string>& formats,
                           const std::optional<std::string>& asked_for) {
  const auto equals = text.find('=');
  const std::string named = text.substr(0, equals);
  if (equals == std::string::npos || named.find_first_of("./") != std::string::npos) {
    const auto format = asked_for ? asked_for : format_of_extension(text, formats);
    return {format.value_or(plain_format), text};
  }
  if (std::find(formats.begin(), formats.end(), named) == formats.end()) {
    throw usage_error(fmt::format("there is no format '{}'{} (a file of that name is ./{})", named,
                                  suggestion(named, formats), text));
  }
  if (equals + 1 == text.size()) {
    throw usage_error(fmt::format("-o {} lacks the path after its '='; '-' is stdout", text));
  }
  return {named, text.substr(equals + 1)};
}

}  // namespace

std::vector<report_output> parse_outputs(const std::vector<std::string>& texts,
                                         const std::string& plain_format,
                                         const std::vector<std::string>& formats,
                                         const std::optional<std::string>& asked_for) {
  std::vector<report_output> outputs;
  std::set<std::string> paths;
  for (const std::string& text : texts) {
    outputs.push_back(parse_output(text, plain_format, formats, asked_for));
    const report_output& added = outputs.back();
    if (!paths.insert(std::filesystem::path(added.path).lexically_normal()).second) {
      throw usage_error(fmt::format("two outputs go to {}; give each a place of its own",
                                    added.to_stdout() ? "stdout" : added.path));
    }
  }
  return outputs;
}

void add_output_options(CLI::App& command, output_request& request, const std::string& formats) {
  command.add_option("--format", request.format, formats);
  command.add_option("-o,--output", request.outputs,
                     "Where it goes: PATH, or FORMAT=PATH (repeat for more); - is stdout, the "
                     "default");
  command.add_option("--color", request.color, "auto, always or never")->capture_default_str();
}

std::vector<report_output> outputs_of(const output_request& request,
                                      const std::vector<std::string>& formats,
                                      const std::vector<std::string>& made_of) {
  const std::string format = request.format.value_or(formats.front());
  if (std::find(formats.begin(), formats.end(), format) == formats.end()) {
    throw usage_error(
        fmt::format("there is no format '{}'{}", format, suggestion(format, formats)));
  }
  auto outputs = parse_outputs(request.outputs, format, formats, request.format);
  const bool used = std::any_of(outputs.begin(), outputs.end(),
                                [&](const auto& each) { return each.format == format; });
  if (outputs.empty() || (request.format && !used)) outputs.push_back({format, "-"});
  for (const report_output& output : outputs) {
    for (const std::string& file : made_of) {
      std::error_code other;
      if (!output.to_stdout() && std::filesystem::equivalent(output.path, file, other)) {
        throw usage_error(fmt::format(
            "{} would replace the very report it is made of; write to another file", output.path));
      }
    }
  }
  return outputs;
}

void check_outputs(const std::vector<report_output>& outputs) {
  for (const report_output& output : outputs) {
    if (!output.to_stdout()) check_writable(output.path);
  }
}

int write_outputs(const std::vector<report_output>& outputs, color_mode color,
                  const std::function<std::string(const std::string& format,
                                                  const terminal_style& style)>& render) {
  check_outputs(outputs);
  std::vector<std::string> texts;
  for (const report_output& output : outputs) {
    texts.push_back(
        render(output.format, output.to_stdout() ? style_for_stdout(color) : terminal_style{}));
  }
  int code = exit_fine;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    code = std::max(code, outputs[i].to_stdout() ? print_result(texts[i])
                                                 : store_result(outputs[i].path, texts[i]));
  }
  return code;
}

const std::vector<std::string>& profile_formats() {
  static const std::vector<std::string> formats{"terminal", "html",       "json",
                                                "folded",   "speedscope", "chrome-trace"};
  return formats;
}

std::string render_profile_report(const std::string& format,
                                  const profiling::profile_result& profile,
                                  const terminal_style& style) {
  if (format == "html") return render_profile_html(profile);
  if (format == "folded") return folded_stacks(profile);
  if (format == "speedscope") return render_speedscope(profile);
  if (format == "chrome-trace") return render_chrome_trace(profile);
  if (format == "terminal") return render_profile(profile, style);
  using nlohmann::ordered_json;
  return make_profile_json(profile).dump(1, ' ', false, ordered_json::error_handler_t::replace) +
         "\n";
}

const std::vector<std::string>& run_report_formats() {
  static const std::vector<std::string> formats{"terminal", "markdown",         "html",
                                                "junit",    "google-benchmark", "json"};
  return formats;
}

std::string render_run_report(const std::string& format, const run_result& run,
                              const std::vector<recommendation>& advice,
                              const terminal_style& style) {
  if (format == "markdown") return render_markdown(run, advice);
  if (format == "html") return render_html(run, advice);
  if (format == "junit") return render_junit(run, advice);
  if (format == "google-benchmark") return render_google_benchmark(run, advice);
  if (format == "json") return render_json(run, advice);
  return render_terminal(run, advice, style);
}

}  // namespace regatta
