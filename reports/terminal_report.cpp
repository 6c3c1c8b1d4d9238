// SPDX-License-Identifier: Apache-2.0
#include "reports/terminal_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reports/figures.hpp"
#include "reports/terminal_style.hpp"
#include "reports/text_table.hpp"
#include "reports/workload_words.hpp"

namespace regatta {
namespace {

std::vector<std::string> table_of(const recommendation& advice,
                                  const std::vector<const cell_result*>& cells, std::size_t width) {
  table_column name{"backend", false, 0, {}};
  table_column rate{"items/s", true, 1, {}};
  table_column ratio{"leader is × [interval]", false, 2, {}};
  table_column p50{"p50", true, 3, {}};
  table_column p99{"p99", true, 4, {}};
  table_column cpu{"CPU/item", true, 5, {}};
  table_column memory{"memory", true, 6, {}};
  table_column out{"out after", true, 7, {}};
  table_column start{"start-up", true, 8, {}};
  table_column workers{"workers", true, 9, {}};
  for (const cell_result* cell : cells) {
    name.cells.push_back(cell->choice.label);
    if (!cell->ok()) {
      rate.cells.emplace_back(to_string(cell->ended));
      for (auto* column : {&ratio, &p50, &p99, &cpu, &memory, &out, &start, &workers}) {
        column->cells.emplace_back("");
      }
      continue;
    }
    std::vector<double> throughputs;
    for (const epoch_sample& epoch : cell->epochs) throughputs.push_back(epoch.throughput);
    rate.cells.push_back(show_count(median(throughputs).value_or(0)));
    ratio.cells.push_back(interval_of(advice, cell->choice.label));
    p50.cells.push_back(show_seconds(cell->latency.p50));
    p99.cells.push_back(show_seconds(cell->latency.p99));
    cpu.cells.push_back(
        cell->usage ? show_seconds(cell->usage->user_seconds + cell->usage->system_seconds) : "–");
    memory.cells.push_back(cell->memory && cell->memory->peak_pss
                               ? show_bytes(static_cast<double>(*cell->memory->peak_pss))
                               : "–");
    out.cells.push_back(out_of_race(advice, *cell));
    start.cells.push_back(show_seconds(cell->startup));
    workers.cells.push_back(
        fmt::format("{}{}", cell->facts.workers, cell->facts.pinned ? " pinned" : ""));
  }
  // What they are raced by stays longest.
  if (advice.metric == "p99 latency") p99.importance = 1;
  if (advice.metric == "median latency") p50.importance = 1;
  if (advice.metric == "CPU per item") cpu.importance = 1;
  if (advice.metric == "memory") memory.importance = 1;
  std::vector<table_column> columns{name, rate, ratio, p50, p99, cpu, memory};
  if (std::any_of(out.cells.begin(), out.cells.end(),
                  [](const std::string& cell) { return !cell.empty(); })) {
    columns.push_back(out);
  }
  columns.push_back(start);
  columns.push_back(workers);
  return render_table(std::move(columns), width);
}

// The measure's name stands where the table of the race has "backend".
std::vector<std::string> table_of_measure(const std::string& name,
                                          const std::vector<const cell_result*>& cells,
                                          std::size_t width) {
  table_column backend{name, false, 0, {}};
  table_column p50{"p50", true, 1, {}};
  table_column p90{"p90", true, 3, {}};
  table_column p99{"p99", true, 2, {}};
  table_column longest{"longest", true, 4, {}};
  table_column count{"taken", true, 5, {}};
  for (const cell_result* cell : cells) {
    const measure* const taken = find_measure(*cell, name);
    if (taken == nullptr) continue;
    backend.cells.push_back(cell->choice.label);
    p50.cells.push_back(show_seconds(taken->p50));
    p90.cells.push_back(show_seconds(taken->p90));
    p99.cells.push_back(show_seconds(taken->p99));
    longest.cells.push_back(show_seconds(taken->max));
    count.cells.push_back(show_whole(taken->count));
  }
  return render_table({backend, p50, p90, p99, longest, count}, width);
}

void add_lines(std::string& out, const std::vector<std::string>& lines, const char* first,
               std::size_t width) {
  const char* lead = first;
  for (const std::string& line : lines) {
    out += wrap(line, lead, width) + "\n";
    lead = "           ";
  }
}

}  // namespace

std::string render_workload(const workload_result& measured, const recommendation& advice,
                            const terminal_style& style) {
  std::string out = "\n" + paint(style, bold, wrap(title(measured), "", style.columns)) + "\n";
  if (measured.not_run)
    return out + wrap("not run: " + *measured.not_run, "  ", style.columns) + "\n";
  const auto cells = ordered(measured, advice);
  const auto lines = table_of(advice, cells, style.columns);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool chosen = i > 0 &&
                        std::find(advice.choice.begin(), advice.choice.end(),
                                  cells[i - 1]->choice.label) != advice.choice.end() &&
                        advice.outcome != verdict::too_few;
    out += (i == 0   ? paint(style, dim, lines[i])
            : chosen ? paint(style, green, lines[i])
                     : lines[i]) +
           "\n";
  }
  for (const std::string& name : measure_names(measured)) {
    const auto rows = table_of_measure(name, cells, style.columns);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      out += (i == 0 ? paint(style, dim, rows[i]) : rows[i]) + "\n";
    }
  }
  out += paint(style, bold, wrap(headline(advice), "  ", style.columns)) + "\n";
  add_lines(out, exclusions(advice), "  excluded ", style.columns);
  add_lines(out, advice.because, "  because  ", style.columns);
  add_lines(out, advice.unless, "  unless   ", style.columns);
  add_lines(out, advice.caveats, "  note     ", style.columns);
  add_lines(out, findings(measured, advice), "  found    ", style.columns);
  if (measured.race) add_lines(out, {receipt_of(*measured.race)}, "  cost     ", style.columns);
  return out;
}

std::string render_machine(const run_result& run, const terminal_style& style) {
  std::string out = wrap(describe_machine(run.where), "", style.columns) + "\n";
  if (run.card) {
    for (const std::string& line : describe(*run.card)) out += "  " + line + "\n";
  }
  return out;
}

}  // namespace regatta
