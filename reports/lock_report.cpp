// SPDX-License-Identifier: Apache-2.0
#include "reports/lock_report.hpp"

#include <fmt/format.h>

#include "reports/environment_fields.hpp"
#include "reports/figures.hpp"
#include "reports/terminal_style.hpp"
#include "reports/text_table.hpp"

namespace regatta {
namespace {

using json = nlohmann::ordered_json;

std::string times(const std::optional<ratio_estimate>& ratio) {
  if (!ratio) return "–";
  return fmt::format("{} [{}, {}]", show_ratio(ratio->ratio), show_ratio(ratio->lower),
                     show_ratio(ratio->upper));
}

json ratio_json(const std::optional<ratio_estimate>& ratio) {
  if (!ratio) return nullptr;
  return {{"ratio", ratio->ratio},
          {"interval", {ratio->lower, ratio->upper}},
          {"confidence", ratio->confidence},
          {"pairs", ratio->pairs}};
}

json text_or_null(const std::string& text) { return text.empty() ? json() : json(text); }

template <class Row>
std::string work_of(const Row& row) {
  std::string text = row.workload;
  for (const auto& [name, value] : row.parameters) text += fmt::format(" {}={:g}", name, value);
  return text;
}

template <class Result>
std::string notes_of(const Result& result, const terminal_style& style) {
  std::string out;
  for (const auto& row : result.rows) {
    if (row.missing.empty()) continue;
    out += wrap(fmt::format("{}: {}", row.kind, row.missing), "  note     ", style.columns) + "\n";
  }
  return out;
}

template <class Result>
json head_of(const Result& result, const char* what) {
  field_writer machine;
  fields(machine, result.where);
  return {{"report", what},
          {"confidence", result.confidence},
          {"seconds", result.seconds},
          {"interrupted", result.interrupted},
          {"environment", machine.take()}};
}

}  // namespace

std::string render_lock_impact(const lock_impact_result& result, const terminal_style& style) {
  table_column kind{"kind of work", false, 0, {}};
  table_column work{"measured as", false, 2, {}};
  table_column rate{"no lock", true, 1, {}};
  table_column gil{"gil: slower by ×", true, 0, {}};
  table_column latency{"gil: latency ×", true, 1, {}};
  table_column free{"free-threaded: slower by ×", true, 1, {}};
  for (const lock_impact_row& row : result.rows) {
    kind.cells.push_back(row.kind);
    work.cells.push_back(work_of(row));
    rate.cells.push_back(row.unlocked ? show_rate(*row.unlocked) : "–");
    gil.cells.push_back(times(row.gil));
    latency.cells.push_back(times(row.gil_latency));
    free.cells.push_back(times(row.free_threaded));
  }
  return "what an interpreter lock costs threads, by kind of work\n" +
         lines_of({kind, work, rate, gil, latency, free}, style) +
         wrap(fmt::format("Threads on {} usable CPUs, against the same threads with no lock; "
                          "{:g} % intervals of epochs that ran side by side.",
                          result.where.cpus.usable, 100 * result.confidence),
              "  ", style.columns) +
         "\n" + notes_of(result, style);
}

std::string render_lock_impact_markdown(const lock_impact_result& result) {
  std::string out =
      "| kind of work | measured as | no lock | gil: slower by × | gil: latency × | "
      "free-threaded: slower by × |\n|---|---|---|---|---|---|\n";
  for (const lock_impact_row& row : result.rows) {
    out += fmt::format("| {} | `{}` | {} | {} | {} | {} |\n", row.kind, work_of(row),
                       row.unlocked ? show_rate(*row.unlocked) : "–", times(row.gil),
                       times(row.gil_latency), times(row.free_threaded));
  }
  return out;
}

json make_lock_impact_json(const lock_impact_result& result) {
  json report = head_of(result, "lock-impact");
  json& rows = report["rows"] = json::array();
  for (const lock_impact_row& row : result.rows) {
    rows.push_back({{"kind", row.kind},
                    {"workload", row.workload},
                    {"parameters", row.parameters},
                    {"unlocked_items_per_second", row.unlocked ? json(*row.unlocked) : json()},
                    {"gil_slowdown", ratio_json(row.gil)},
                    {"gil_latency_ratio", ratio_json(row.gil_latency)},
                    {"free_threaded_slowdown", ratio_json(row.free_threaded)},
                    {"missing", text_or_null(row.missing)}});
  }
  return report;
}

std::string render_lock_check(const lock_check_result& result, const terminal_style& style) {
  table_column kind{"kind of work", false, 0, {}};
  table_column work{"measured as", false, 2, {}};
  table_column model{"model: thread/process", true, 0, {}};
  table_column twin{"python: thread/process", true, 0, {}};
  table_column off{"off by", true, 0, {}};
  table_column verdict{"", false, 0, {}};
  for (const lock_check_row& row : result.rows) {
    kind.cells.push_back(row.kind);
    work.cells.push_back(work_of(row));
    model.cells.push_back(times(row.model));
    twin.cells.push_back(times(row.twin));
    const auto by = row.off();
    off.cells.push_back(by ? fmt::format("{:+.1f} %", 100 * *by) : "–");
    verdict.cells.push_back(!by           ? "not measured"
                            : row.holds() ? fmt::format("within {:g} %", 100 * row.tolerance)
                                          : fmt::format("NOT within {:g} %", 100 * row.tolerance));
  }
  return fmt::format("the interpreter-lock model against {}\n", result.runtime) +
         lines_of({kind, work, model, twin, off, verdict}, style) +
         wrap(fmt::format("Throughput of threads over that of processes on {} usable CPUs, "
                          "{:g} % intervals of epochs that ran side by side.",
                          result.where.cpus.usable, 100 * result.confidence),
              "  ", style.columns) +
         "\n" + notes_of(result, style);
}

json make_lock_check_json(const lock_check_result& result) {
  json report = head_of(result, "lock-check");
  report["runtime"] = result.runtime;
  json& rows = report["rows"] = json::array();
  for (const lock_check_row& row : result.rows) {
    const auto by = row.off();
    rows.push_back({{"kind", row.kind},
                    {"workload", row.workload},
                    {"parameters", row.parameters},
                    {"model_thread_over_process", ratio_json(row.model)},
                    {"twin_thread_over_process", ratio_json(row.twin)},
                    {"off", by ? json(*by) : json()},
                    {"tolerance", row.tolerance},
                    {"holds", row.holds()},
                    {"missing", text_or_null(row.missing)}});
  }
  return report;
}

}  // namespace regatta
