// SPDX-License-Identifier: Apache-2.0
#include "tools/command_list.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "harness/backend.hpp"
#include "reports/text_table.hpp"
#include "tools/output.hpp"
#include "tools/terminal.hpp"

namespace regatta {
namespace {

const char* kind_text(work_kind kind) {
  switch (kind) {
    case work_kind::cpu_bound:
      return "CPU-bound";
    case work_kind::io_bound:
      return "I/O-bound";
    case work_kind::mixed:
      return "mixed";
  }
  return "?";
}

std::string parameters_text(const workload_info& info) {
  std::vector<std::string> texts;
  for (const workload_parameter& parameter : info.parameters) {
    texts.push_back(parameter.name + "=" + parameter_text(parameter, parameter.fallback));
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string options_text(const backend_info& info) {
  std::vector<std::string> texts;
  for (const backend_option& option : info.options) {
    texts.push_back(option.name + "=" + option.fallback);
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string markdown() {
  std::string out = "| workload | kind | what an item is | parameters |\n|---|---|---|---|\n";
  for (const auto& [name, entry] : workloads()) {
    const std::string parameters = parameters_text(entry.info);
    out += fmt::format("| `{}` | {} | {} | {} |\n", name, kind_text(entry.info.kind),
                       entry.info.summary, parameters.empty() ? "" : "`" + parameters + "`");
  }
  out += "\n| backend | what it is | options |\n|---|---|---|\n";
  for (const auto& [name, entry] : backends()) {
    const std::string options = options_text(entry.info);
    out += fmt::format("| `{}` | {} | {} |\n", name, entry.info.summary,
                       options.empty() ? "" : "`" + options + "`");
  }
  return out;
}

std::string section(const std::string& title,
                    const std::vector<std::pair<std::string, std::string>>& rows,
                    std::size_t columns) {
  std::size_t widest = 0;
  for (const auto& [name, text] : rows) widest = std::max(widest, display_width(name));
  std::string out = title + "\n";
  for (const auto& [name, text] : rows) {
    out += wrap(text, fmt::format("  {:<{}}  ", name, widest), columns) + "\n";
  }
  return out;
}

std::string list() {
  const std::size_t columns = style_for_stdout(color_mode::never).columns;
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto& [name, entry] : workloads()) {
    rows.emplace_back(name, fmt::format("{}: {}", kind_text(entry.info.kind), entry.info.summary));
  }
  std::string out = section("workloads", rows, columns);
  rows.clear();
  for (const auto& [name, entry] : workloads()) {
    for (const workload_parameter& each : entry.info.parameters) {
      rows.emplace_back(
          fmt::format("{} {}={}", name, each.name, parameter_text(each, each.fallback)),
          each.choices.empty()
              ? fmt::format("{}, {} to {}", each.meaning, each.least, each.most)
              : fmt::format("{}: {}", each.meaning, fmt::join(each.choices, ", ")));
    }
  }
  out += section("parameters of workloads (-p)", rows, columns);
  rows.clear();
  for (const auto& [name, entry] : backends()) {
    const std::string options = options_text(entry.info);
    rows.emplace_back(name, entry.info.summary + (options.empty() ? "" : " (" + options + ")"));
  }
  out += section("backends", rows, columns);
  out += section(
      "suites",
      {{"quick", "three workloads, small data, under 60 s"},
       {"standard", "seven workloads, about 6 minutes"},
       {"full", "all workloads at full size, patterns of AI services too, about 20 minutes"}},
      columns);
  return out;
}

}  // namespace

void add_list_command(CLI::App& app, int& exit_code) {
  auto as_markdown = std::make_shared<bool>(false);
  CLI::App* const command = app.add_subcommand("list", "Workloads, backends and suites");
  command->add_flag("--markdown", *as_markdown, "As tables for a README");
  command->callback(
      [as_markdown, &exit_code] { exit_code = print_result(*as_markdown ? markdown() : list()); });
}

}  // namespace regatta
