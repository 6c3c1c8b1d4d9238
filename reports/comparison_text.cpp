// SPDX-License-Identifier: Apache-2.0
#include "reports/comparison_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reports/figures.hpp"
#include "reports/markdown_text.hpp"
#include "reports/terminal_style.hpp"
#include "reports/text_table.hpp"

namespace regatta {
namespace {

constexpr const char* legend =
    "moved: by more than the practical difference, and by more than the middle half of the epochs "
    "of either run varies.";

// "CPU model: A, C Xeon; B EPYC"
std::string sentence_of(const run_difference& difference) {
  std::vector<std::string> parts;
  std::vector<std::string> shown;
  for (const std::string& value : difference.values) {
    if (std::find(shown.begin(), shown.end(), value) != shown.end()) continue;
    shown.push_back(value);
    std::vector<std::string> letters;
    for (std::size_t run = 0; run < difference.values.size(); ++run) {
      if (difference.values[run] == value) letters.push_back(letter_of(run));
    }
    parts.push_back(fmt::format("{} {}", fmt::join(letters, ", "), value));
  }
  return fmt::format("{}: {}", difference.what, fmt::join(parts, "; "));
}

std::string title_of(const compared_workload& workload) {
  return fmt::format("{} ({}){}{}", workload.workload, workload.load,
                     workload.metric.empty() ? "" : ": ", workload.metric);
}

std::string figure(const run_figure& run, const std::string& metric) {
  if (!run.median) return run.ended;
  if (metric == "throughput") return show_rate(*run.median);
  return metric == "memory" ? show_bytes(*run.median) : show_seconds(*run.median);
}

// Half of the middle half's width, which is how far an epoch typically lies from the median.
std::string variation(const run_figure& run) {
  if (!run.median || !run.lower || *run.median <= 0) return "–";
  return fmt::format("±{:.0f} %", 50 * (*run.upper - *run.lower) / *run.median);
}

std::vector<table_column> columns_of(const compared_workload& workload, std::size_t runs) {
  std::vector<table_column> columns{{"backend", false, 0, {}}};
  for (std::size_t run = 0; run < runs; ++run) columns.push_back({letter_of(run), true, 2, {}});
  for (std::size_t run = 1; run < runs; ++run) {
    columns.push_back({letter_of(run) + "/A", true, 0, {}});
  }
  for (std::size_t run = 0; run < runs; ++run) {
    columns.push_back({"epochs of " + letter_of(run), true, 3, {}});
  }
  columns.push_back({"", false, 1, {}});
  for (const compared_approach& approach : workload.approaches) {
    std::size_t column = 0;
    columns[column++].cells.push_back(approach.label);
    for (const run_figure& run : approach.runs) {
      columns[column++].cells.push_back(figure(run, workload.metric));
    }
    std::vector<std::string> moved;
    for (std::size_t run = 1; run < runs; ++run) {
      const auto& ratio = approach.runs[run].over_first;
      columns[column++].cells.push_back(ratio ? show_ratio(*ratio) : "–");
      if (approach.runs[run].moved) moved.push_back(letter_of(run));
    }
    for (const run_figure& run : approach.runs) columns[column++].cells.push_back(variation(run));
    columns[column].cells.push_back(moved.empty() ? ""
                                    : runs == 2   ? "moved"
                                                : fmt::format("{} moved", fmt::join(moved, ", ")));
  }
  return columns;
}

std::string recommended(const compared_workload& workload) {
  std::vector<std::string> parts;
  for (std::size_t run = 0; run < workload.said.size(); ++run) {
    parts.push_back(fmt::format("by {}: {}", letter_of(run), workload.said[run]));
  }
  return fmt::format("Recommended {}.", fmt::join(parts, "; "));
}

bool has_figures(const compared_workload& workload) {
  return std::any_of(workload.approaches.begin(), workload.approaches.end(), [](const auto& each) {
    return std::any_of(each.runs.begin(), each.runs.end(),
                       [](const run_figure& run) { return run.median.has_value(); });
  });
}

bool any_moved(const run_comparison& comparison) {
  for (const compared_workload& workload : comparison.workloads) {
    for (const compared_approach& approach : workload.approaches) {
      if (std::any_of(approach.runs.begin(), approach.runs.end(),
                      [](const run_figure& run) { return run.moved; })) {
        return true;
      }
    }
  }
  return false;
}

std::string markdown_differences(const std::vector<run_difference>& differences) {
  std::string out;
  for (const run_difference& each : differences) {
    const std::string text = markdown_text(sentence_of(each));
    out += each.loud ? fmt::format("- **{}**\n", text) : fmt::format("- {}\n", text);
  }
  return out;
}

std::string markdown_table(const compared_workload& workload, std::size_t runs) {
  if (!has_figures(workload)) return "";
  const auto columns = columns_of(workload, runs);
  std::vector<std::string> titles;
  std::vector<std::string> rules;
  for (const table_column& column : columns) {
    titles.push_back(column.title);
    rules.emplace_back(column.right ? "---:" : "---");
  }
  std::string out = markdown_row(titles) + markdown_row(rules);
  for (std::size_t row = 0; row < workload.approaches.size(); ++row) {
    std::vector<std::string> cells{markdown_code(columns.front().cells[row])};
    for (std::size_t column = 1; column < columns.size(); ++column) {
      cells.push_back(markdown_text(columns[column].cells[row]));
    }
    out += markdown_row(cells);
  }
  return out;
}

}  // namespace

std::string render_comparison(const run_comparison& comparison, const terminal_style& style) {
  const auto line = [&](const std::string& text, const char* first) {
    return wrap(text, first, style.columns) + "\n";
  };
  std::string out;
  for (std::size_t run = 0; run < comparison.runs.size(); ++run) {
    out += fmt::format("{}  {}\n", letter_of(run), comparison.runs[run]);
  }
  const auto add_differences = [&](const std::vector<run_difference>& differences) {
    for (const run_difference& each : differences) {
      const std::string text = line(sentence_of(each), each.loud ? "  !  " : "     ");
      out += each.loud ? paint(style, yellow, text) : text;
    }
  };
  if (!comparison.differences.empty()) {
    out += "\n" + paint(style, bold, "Not the same in all runs") + "\n";
    add_differences(comparison.differences);
  }
  for (const compared_workload& workload : comparison.workloads) {
    out += "\n" + paint(style, bold, wrap(title_of(workload), "", style.columns)) + "\n";
    add_differences(workload.differences);
    if (has_figures(workload)) {
      const auto columns = columns_of(workload, comparison.runs.size());
      for (const std::string& row : render_table(columns, style.columns)) out += row + "\n";
    }
    out += line(recommended(workload), "  ");
    out += paint(style, bold, line(workload.conclusion, "  "));
  }
  if (any_moved(comparison)) out += "\n" + line(legend, "");
  out += "\n" + paint(style, bold, "What follows") + "\n";
  for (const std::string& each : comparison.conclusions) out += line(each, "  - ");
  for (const next_step& each : comparison.next) {
    out += "\n" + line(each.purpose + ":", "") + "  " + each.command + "\n";
  }
  return out;
}

std::string render_comparison_markdown(const run_comparison& comparison) {
  std::string out;
  for (std::size_t run = 0; run < comparison.runs.size(); ++run) {
    out += fmt::format("- **{}**: {}\n", letter_of(run), markdown_code(comparison.runs[run]));
  }
  out += "\n";
  for (const std::string& each : comparison.conclusions) out += "- " + markdown_text(each) + "\n";
  for (const next_step& each : comparison.next) {
    out += fmt::format("\n{}:\n\n    {}\n", markdown_text(each.purpose), each.command);
  }
  if (!comparison.differences.empty()) {
    out += "\n### Not the same in all runs\n\n" + markdown_differences(comparison.differences);
  }
  for (const compared_workload& workload : comparison.workloads) {
    out += fmt::format("\n### {}\n\n", markdown_text(title_of(workload)));
    const std::string differences = markdown_differences(workload.differences);
    if (!differences.empty()) out += differences + "\n";
    const std::string table = markdown_table(workload, comparison.runs.size());
    if (!table.empty()) out += table + "\n";
    out += fmt::format("{}\n\n{}\n", markdown_text(recommended(workload)),
                       markdown_text(workload.conclusion));
  }
  if (any_moved(comparison)) out += "\n" + markdown_text(legend) + "\n";
  return out;
}

}  // namespace regatta
