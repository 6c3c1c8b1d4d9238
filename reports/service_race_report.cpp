// SPDX-License-Identifier: Apache-2.0
#include "reports/service_race_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "reports/figures.hpp"
#include "reports/terminal_style.hpp"
#include "reports/text_table.hpp"

namespace regatta {
namespace {

class page {
 public:
  explicit page(const terminal_style& style) : style_(style) {}

  void title(const std::string& text) {
    out_ += "\n" + paint(style_, bold, wrap(text, "", style_.columns)) + "\n";
  }
  void line(const std::string& name, const std::string& text) {
    out_ += wrap(text, fmt::format("  {:<9}", name), style_.columns) + "\n";
  }
  void lines(const std::string& name, const std::vector<std::string>& texts) {
    std::string lead = name;
    for (const std::string& text : texts) {
      line(lead, text);
      lead.clear();
    }
  }
  void table(std::vector<table_column> columns, const std::string& chosen) {
    const auto names = columns.front().cells;
    const auto rows = render_table(std::move(columns), style_.columns);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const bool is_chosen = i > 0 && i <= names.size() && names[i - 1] == chosen;
      out_ += (i == 0      ? paint(style_, dim, rows[i])
               : is_chosen ? paint(style_, green, rows[i])
                           : rows[i]) +
              "\n";
    }
  }
  std::string take() { return std::move(out_); }
  const terminal_style& style() const { return style_; }

 private:
  const terminal_style& style_;
  std::string out_;
};

std::string signed_percent(double found, double expected) {
  return expected > 0 ? fmt::format("{:+.1f} %", 100 * (found / expected - 1)) : "–";
}

void show_service(page& out, const service_race_result& result) {
  const service_demand& demand = result.demand;
  out.line("profiled",
           fmt::format("{} a second, {} inside on average; {} samples", show_count(demand.rate),
                       show_count(demand.concurrency), show_whole(demand.samples)));
  std::string request =
      fmt::format("{} of CPU, {} of waits", show_seconds(demand.cpu), show_seconds(demand.waiting));
  if (demand.held > 0)
    request += fmt::format(", {} that hold its thread", show_seconds(demand.held));
  if (demand.bytes_in + demand.bytes_out > 0) {
    request +=
        fmt::format("; {} in, {} out", show_bytes(demand.bytes_in), show_bytes(demand.bytes_out));
  }
  out.line("request", request);
}

void show_fidelity(page& out, const replay_fidelity& fidelity) {
  out.line("shape", fmt::format("{}: {}", fidelity.own.label, fidelity.why));
  std::string text =
      fmt::format("{}: {} against {} profiled ({})",
                  fidelity.rate ? fmt::format("at {}", show_rate(*fidelity.rate))
                                : fmt::format("{} at a time", fidelity.in_flight),
                  show_rate(fidelity.replayed_throughput), show_rate(fidelity.profiled_throughput),
                  signed_percent(fidelity.replayed_throughput, fidelity.profiled_throughput));
  if (fidelity.replayed_latency && fidelity.profiled_latency) {
    text += fmt::format(", median {} against {} ({})", show_seconds(*fidelity.replayed_latency),
                        show_seconds(*fidelity.profiled_latency),
                        signed_percent(*fidelity.replayed_latency, *fidelity.profiled_latency));
  }
  if (fidelity.replayed_cpu) {
    text += fmt::format(", CPU {} against {}", show_seconds(*fidelity.replayed_cpu),
                        show_seconds(fidelity.profiled_cpu));
  }
  if (fidelity.each_off.size() > 1) {
    text += fmt::format("; the median of {} replays", fidelity.each_off.size());
  }
  out.line("replay", text + ".");
}

void show_predictions(page& out, const service_race_result& result, const std::string& chosen) {
  if (result.predictions.empty()) return;
  out.title("expected, in requests a second, by how many are in flight");
  table_column name{"backend", false, 0, {}};
  table_column most{"at most", true, 1, {}};
  table_column overhead{"its own CPU", true, 3, {}};
  std::vector<table_column> columns;
  std::vector<unsigned> loads = {1, 4, 16, 64, result.knee};
  std::sort(loads.begin(), loads.end());
  loads.erase(std::unique(loads.begin(), loads.end()), loads.end());
  for (const unsigned load : loads) {
    columns.push_back({load == result.knee ? fmt::format("{} (knee)", load) : std::to_string(load),
                       true,
                       load == result.knee ? 1 : 2,
                       {}});
  }
  for (const backend_prediction& each : result.predictions) {
    name.cells.push_back(each.model.backend);
    most.cells.push_back(show_count(each.most_throughput));
    overhead.cells.push_back(show_seconds(each.model.overhead));
    for (std::size_t i = 0; i < loads.size(); ++i) {
      columns[i].cells.push_back(show_count(each.at(loads[i]).throughput));
    }
  }
  columns.insert(columns.begin(), name);
  columns.push_back(most);
  columns.push_back(overhead);
  out.table(std::move(columns), chosen);
}

std::string raced_cell(const workload_result& measured, const recommendation& race,
                       const std::string& label) {
  for (const standing& place : race.standings) {
    if (place.label != label) continue;
    const bool rate = race.metric == "throughput";
    std::string text = rate ? show_rate(place.value) : show_seconds(place.value);
    if (place.behind && !place.tied) text += fmt::format(" ({:.2f} ×)", place.behind->ratio);
    return text;
  }
  for (const cell_result& cell : measured.cells) {
    if (cell.choice.label == label) return std::string(to_string(cell.ended));
  }
  return "–";
}

void show_races(page& out, const service_race_result& result, const service_advice& advice) {
  std::vector<table_column> columns = {{"backend", false, 0, {}}};
  std::vector<std::string> labels;
  for (const raced_load& load : result.loads) {
    if (!load.place || *load.place >= advice.races.size()) continue;
    const workload_result& measured = result.run.workloads[*load.place];
    const recommendation& race = advice.races[*load.place];
    if (labels.empty()) {
      for (const cell_result& cell : measured.cells) labels.push_back(cell.choice.label);
      columns.front().cells = labels;
    }
    const std::string metric = race.metric == "p99 latency"      ? "p99"
                               : race.metric == "median latency" ? "median"
                                                                 : "";
    table_column column{load.rate ? fmt::format("{} {}", load.name, metric)
                                  : fmt::format("{} in flight", load.in_flight),
                        true,
                        1,
                        {}};
    for (const std::string& label : labels)
      column.cells.push_back(raced_cell(measured, race, label));
    columns.push_back(std::move(column));
  }
  if (!labels.empty()) {
    out.title("raced; in brackets how far behind the leader, where it is not tied");
    out.table(std::move(columns), advice.choice);
  }
  for (const raced_load& load : result.loads) {
    if (!load.skipped.empty()) out.line("note", load.skipped);
  }
  for (const workload_result& each : result.run.workloads) {
    if (each.not_run) out.line("note", "A load was not run: " + *each.not_run);
  }
}

std::string headline(const service_advice& advice) {
  if (advice.keep_own) return fmt::format("stay with {}", advice.choice);
  if (advice.gain) {
    return fmt::format("use {}: {} to {} times the throughput of today's shape at the knee",
                       advice.choice, show_ratio(advice.gain->lower),
                       show_ratio(advice.gain->upper));
  }
  return fmt::format("use {}", advice.choice);
}

std::vector<std::string> regret_texts(const service_advice& advice) {
  std::vector<std::string> parts;
  for (const approach_regret& each : advice.regrets) {
    if (each.worst <= 0) {
      parts.push_back(fmt::format("{} nothing", each.label));
    } else {
      parts.push_back(fmt::format("{} {:.0f} % ({})", each.label, 100 * each.worst, each.load));
    }
  }
  if (parts.empty()) return {};
  return {fmt::format("Lost to the best at worst: {}.", fmt::join(parts, "; "))};
}

}  // namespace

std::string render_service_race(const service_race_result& result, const service_advice& advice,
                                const terminal_style& style) {
  page out(style);
  out.title(result.source.empty() ? "race of a profiled service" : "race of " + result.source);
  if (!advice.choice.empty()) {
    out.line("advice", headline(advice));
    out.lines("because", advice.because);
    out.lines("regret", regret_texts(advice));
    out.lines("unless", advice.unless);
    out.lines("verify", advice.verify);
  } else if (result.interrupted) {
    out.line("advice", "none: interrupted");
  } else {
    out.line("advice", result.no_advice.empty() ? "none: no approach was measured under every load"
                                                : result.no_advice);
  }
  show_service(out, result);
  if (result.fidelity) show_fidelity(out, *result.fidelity);
  show_predictions(out, result, advice.choice);
  show_races(out, result, advice);
  return out.take();
}

}  // namespace regatta
