// SPDX-License-Identifier: Apache-2.0
#include "reports/markdown_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/machine_card.hpp"
#include "harness/statistics/quantile.hpp"
#include "reports/figures.hpp"
#include "reports/markdown_text.hpp"
#include "reports/workload_words.hpp"

namespace regatta {
namespace {

std::string row_of(const cell_result& cell, const recommendation& advice) {
  const bool decided = advice.outcome == verdict::winner || advice.outcome == verdict::tie;
  const bool chosen = decided && std::find(advice.choice.begin(), advice.choice.end(),
                                           cell.choice.label) != advice.choice.end();
  const std::string code = markdown_code(cell.choice.label);
  const std::string name = chosen ? "**" + code + "**" : code;
  if (!cell.ok()) {
    const std::string how =
        cell.ended == outcome::ok ? "not measured" : std::string(to_string(cell.ended));
    return markdown_row({name, how, "", "", "", "", "", ""});
  }
  std::vector<double> throughputs;
  for (const epoch_sample& epoch : cell.epochs) throughputs.push_back(epoch.throughput);
  const auto cpu = cell.usage ? std::optional(cell.usage->user_seconds + cell.usage->system_seconds)
                              : std::nullopt;
  const bool has_memory = cell.memory && cell.memory->peak_pss;
  return markdown_row({name, show_count(median(throughputs).value_or(0)),
                       markdown_text(interval_of(advice, cell.choice.label)),
                       show_seconds(cell.latency.p50), show_seconds(cell.latency.p99),
                       show_seconds(cpu),
                       has_memory ? show_bytes(static_cast<double>(*cell.memory->peak_pss)) : "–",
                       out_of_race(advice, cell)});
}

std::string table_of(const workload_result& measured, const recommendation& advice) {
  std::string table =
      "| backend | items/s | leader is × [interval] | p50 | p99 | CPU/item | memory | out of the "
      "race |\n"
      "|---|--:|---|--:|--:|--:|--:|---|\n";
  for (const cell_result* cell : ordered(measured, advice)) table += row_of(*cell, advice);
  return table;
}

std::string table_of_measure(const workload_result& measured, const recommendation& advice,
                             const std::string& name) {
  std::string table = "\n| " + markdown_text(name) +
                      " | p50 | p90 | p99 | longest | taken |\n|---|--:|--:|--:|--:|--:|\n";
  for (const cell_result* cell : ordered(measured, advice)) {
    const measure* const taken = find_measure(*cell, name);
    if (taken == nullptr) continue;
    table += markdown_row({markdown_code(cell->choice.label), show_seconds(taken->p50),
                           show_seconds(taken->p90), show_seconds(taken->p99),
                           show_seconds(taken->max), show_whole(taken->count)});
  }
  return table;
}

std::string list(const char* title, const std::vector<std::string>& sentences) {
  if (sentences.empty()) return "";
  std::string lines = *title == '\0' ? "" : fmt::format("**{}**\n\n", title);
  for (const std::string& each : sentences) lines += "- " + markdown_text(each) + "\n";
  return lines + "\n";
}

// Those that did not end well, in words.
std::vector<std::string> failures(const workload_result& measured) {
  std::vector<std::string> lines;
  for (const cell_result& cell : measured.cells) {
    if (cell.ended == outcome::ok) continue;
    lines.push_back(fmt::format("{}: {}{}{}", cell.choice.label, to_string(cell.ended),
                                cell.reason.empty() ? "" : ": ", cell.reason));
  }
  return lines;
}

std::string section(const workload_result& measured, const recommendation& advice) {
  std::string out = fmt::format("\n### {}\n\n", markdown_text(title(measured)));
  if (measured.not_run) return out + "Not run: " + markdown_text(*measured.not_run) + "\n";
  out += table_of(measured, advice);
  for (const std::string& name : measure_names(measured)) {
    out += table_of_measure(measured, advice, name);
  }
  const std::string reasons =
      list("Because", advice.because) + list("Unless", advice.unless) +
      list("Excluded", exclusions(advice)) + list("Not measured", failures(measured)) +
      list("Note", advice.caveats) + list("Found", findings(measured, advice)) +
      (measured.race ? list("Cost", {receipt_of(*measured.race)}) : std::string());
  return reasons.empty() ? out : out + "\n" + markdown_details("Reasons and caveats", reasons);
}

std::string machine(const run_result& run) {
  std::vector<std::string> lines{describe_machine(run.where)};
  if (run.card) {
    for (const std::string& line : describe(*run.card)) lines.push_back(line);
  }
  lines.push_back(fmt::format("suite {}, seed {}, began {}, took {:.0f} s", run.plan.suite,
                              run.plan.seed, run.where.started_at, run.seconds));
  return list("", lines);
}

}  // namespace

std::string render_markdown(const run_result& run, const std::vector<recommendation>& advice) {
  std::string out = "## regatta\n\n";
  if (run.interrupted) out += "The run was interrupted: this is what was measured until then.\n\n";
  for (std::size_t i = 0; i < run.workloads.size(); ++i) {
    const workload_result& measured = run.workloads[i];
    out += fmt::format("- **{}**: {}\n", markdown_text(title(measured)),
                       measured.not_run ? "not run: " + markdown_text(*measured.not_run)
                                        : markdown_text(headline(advice[i])));
  }
  if (run.workloads.empty()) out += "Nothing was measured.\n";
  for (std::size_t i = 0; i < run.workloads.size(); ++i) {
    out += section(run.workloads[i], advice[i]);
  }
  if (!run.warnings.empty()) {
    out += "\n" + markdown_details(fmt::format("Warnings ({})", run.warnings.size()),
                                   list("", run.warnings));
  }
  return out + "\n" + markdown_details("Machine and run", machine(run));
}

}  // namespace regatta
