// SPDX-License-Identifier: Apache-2.0
#include "reports/terminal_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reports/figures.hpp"
#include "reports/text_table.hpp"

namespace regatta {
namespace {

std::string paint(const terminal_style& style, const char* code, const std::string& text) {
  return style.color ? fmt::format("\033[{}m{}\033[0m", code, text) : text;
}
constexpr const char* bold = "1";
constexpr const char* green = "32";
constexpr const char* dim = "2";

std::string title(const workload_result& measured) {
  const char* const kind = measured.info.kind == work_kind::cpu_bound  ? "CPU-bound"
                           : measured.info.kind == work_kind::io_bound ? "I/O-bound"
                                                                       : "mixed";
  const std::string load =
      measured.plan.rate
          ? fmt::format("open loop, {} arrivals/s, at most {} in flight", *measured.plan.rate,
                        measured.plan.in_flight)
          : fmt::format("closed loop, {} in flight", show_whole(measured.plan.in_flight));
  return fmt::format("{} ({}; {})", measured.plan.workload, kind, load);
}

// Measured cells in the order of the recommendation, then the others as they were asked for.
std::vector<const cell_result*> ordered(const workload_result& measured,
                                        const recommendation& advice) {
  std::vector<const cell_result*> cells;
  for (const standing& place : advice.standings) {
    for (const cell_result& cell : measured.cells) {
      if (cell.ok() && cell.choice.label == place.label) cells.push_back(&cell);
    }
  }
  for (const cell_result& cell : measured.cells) {
    if (std::find(cells.begin(), cells.end(), &cell) == cells.end()) cells.push_back(&cell);
  }
  return cells;
}

std::string interval_of(const recommendation& advice, const std::string& label) {
  for (const standing& place : advice.standings) {
    if (place.label == label && place.behind) {
      return fmt::format("{} [{}, {}]", show_ratio(place.behind->ratio),
                         show_ratio(place.behind->lower), show_ratio(place.behind->upper));
    }
  }
  return "";
}

std::vector<std::string> table_of(const workload_result& measured, const recommendation& advice,
                                  const std::vector<const cell_result*>& cells, std::size_t width) {
  table_column name{"backend", false, 0, {}};
  table_column rate{"items/s", true, 1, {}};
  table_column ratio{"leader is × [interval]", false, 2, {}};
  table_column p50{"p50", true, 3, {}};
  table_column p99{"p99", true, 4, {}};
  table_column cpu{"CPU/item", true, 5, {}};
  table_column memory{"memory", true, 6, {}};
  table_column start{"start-up", true, 8, {}};
  table_column workers{"workers", true, 9, {}};
  for (const cell_result* cell : cells) {
    name.cells.push_back(cell->choice.label);
    if (!cell->ok()) {
      rate.cells.emplace_back(to_string(cell->ended));
      for (auto* column : {&ratio, &p50, &p99, &cpu, &memory, &start, &workers}) {
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
    start.cells.push_back(show_seconds(cell->startup));
    workers.cells.push_back(
        fmt::format("{}{}", cell->facts.workers, cell->facts.pinned ? " pinned" : ""));
  }
  (void)measured;
  return render_table({name, rate, ratio, p50, p99, cpu, memory, start, workers}, width);
}

std::string headline(const recommendation& advice) {
  const double percent = 100 * advice.confidence;
  const double delta = 100 * advice.practical_difference;
  switch (advice.outcome) {
    case verdict::winner:
      if (!advice.lead) {
        return fmt::format("Use {}: the only approach that was measured.", advice.choice.front());
      }
      return fmt::format(
          "Use {}: {} times {} ({} to {}), ahead of all others by more than {:.0f} % at "
          "{:.0f} % confidence.",
          advice.choice.front(), show_ratio(advice.lead->ratio), *advice.runner_up,
          show_ratio(advice.lead->lower), show_ratio(advice.lead->upper), delta, percent);
    case verdict::tie:
      return fmt::format(
          "A tie: {} cannot be told apart by more than {:.0f} % at {:.0f} % confidence. "
          "Use {}{}.",
          fmt::join(advice.choice, ", "), delta, percent, advice.choice.front(),
          advice.tie_break.empty() ? std::string() : ", for " + advice.tie_break);
    case verdict::too_few:
      return fmt::format(
          "No recommendation yet: too few blocks to tell {} apart at {:.0f} % confidence.",
          fmt::join(advice.choice, ", "), percent);
    case verdict::nothing:
      break;
  }
  return "No recommendation: no approach was measured with right answers.";
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
  const auto lines = table_of(measured, advice, cells, style.columns);
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
  out += paint(style, bold, wrap(headline(advice), "  ", style.columns)) + "\n";
  add_lines(out, advice.because, "  because  ", style.columns);
  add_lines(out, advice.unless, "  unless   ", style.columns);
  add_lines(out, advice.caveats, "  note     ", style.columns);
  return out;
}

std::string render_machine(const run_result& run, const terminal_style& style) {
  const environment& where = run.where;
  std::string quota;
  if (where.cpus.quota_cpus) quota = fmt::format(", quota {} CPUs", *where.cpus.quota_cpus);
  std::string out = wrap(fmt::format("{}; {} of {} CPUs usable{}; Linux {}; {} {}", where.cpu_model,
                                     where.cpus.usable, where.cpus.visible, quota, where.kernel,
                                     where.build.compiler, where.build.type),
                         "", style.columns) +
                    "\n";
  if (run.card) {
    for (const std::string& line : describe(*run.card)) out += "  " + line + "\n";
  }
  return out;
}

}  // namespace regatta
