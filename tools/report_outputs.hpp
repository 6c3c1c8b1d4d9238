// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/profiling/profile_result.hpp"
#include "reports/recommendation.hpp"
#include "tools/terminal.hpp"

namespace CLI {
class App;
}

namespace regatta {

/// One thing to write: html to page.html, terminal to "-", which is stdout.
struct report_output {
  std::string format;
  std::string path;

  bool to_stdout() const { return path == "-"; }
};

/// What `-o` was given, each time "PATH" or "FORMAT=PATH". A PATH alone gets `asked_for`; without
/// that, what its extension says (.html, .md, .xml, .json), else `plain_format`. Throws
/// usage_error: a format that is not among `formats`, or two outputs to one place.
std::vector<report_output> parse_outputs(const std::vector<std::string>& texts,
                                         const std::string& plain_format,
                                         const std::vector<std::string>& formats,
                                         const std::optional<std::string>& asked_for = {});

/// What `--format`, `-o` and `--color` of a verb that renders stored reports were given.
struct output_request {
  std::optional<std::string> format;
  std::vector<std::string> outputs;
  std::string color = "auto";
};
void add_output_options(CLI::App& command, output_request& request, const std::string& formats);

/// What the request asks for: `formats.front()` on stdout if it asks for nothing. Throws
/// usage_error, also where an output would replace one of the files it is made of.
std::vector<report_output> outputs_of(const output_request& request,
                                      const std::vector<std::string>& formats,
                                      const std::vector<std::string>& made_of);

/// Whether all of them could be written, before hours are spent. Throws std::system_error.
void check_outputs(const std::vector<report_output>& outputs);

/// Renders all, then writes each file as a whole. exit_error, with a warning, if one cannot be
/// written. `color` is for what goes to stdout.
int write_outputs(const std::vector<report_output>& outputs, color_mode color,
                  const std::function<std::string(const std::string& format,
                                                  const terminal_style& style)>& render);

/// The formats of a profile: terminal, html, json, folded, speedscope, chrome-trace.
const std::vector<std::string>& profile_formats();
std::string render_profile_report(const std::string& format,
                                  const profiling::profile_result& profile,
                                  const terminal_style& style);

/// The formats of a run's report: terminal, markdown, html, junit, google-benchmark, json.
const std::vector<std::string>& run_report_formats();
std::string render_run_report(const std::string& format, const run_result& run,
                              const std::vector<recommendation>& advice,
                              const terminal_style& style);

}  // namespace regatta
