// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "reports/figures.hpp"
#include "reports/html_parts.hpp"
#include "reports/workload_words.hpp"

namespace regatta {
namespace {

using rows = std::vector<std::vector<markup>>;
using cell_list = std::vector<const cell_result*>;

/// A chart that the script draws, and the same figures as a table, which is all there is without.
markup figure(const char* chart, std::size_t workload, const char* title, const std::string& says,
              const markup& figures, const std::string& loads = "") {
  const std::string number = std::to_string(workload);
  return element(
      "figure",
      {{"data-chart", chart}, {"data-workload", number}, {"data-loads", loads}, {"class", chart}},
      element("figcaption", {},
              element("h3", {}, title) + element("p", {{"class", "quiet"}}, says)) +
          element("div", {{"class", "plot"}}, {}) +
          element("details", {{"open", ""}, {"class", "numbers"}},
                  element("summary", {}, "The figures as a table") + figures));
}

std::string count_or_dash(std::optional<double> value, std::string (*show)(double)) {
  return value ? show(*value) : "–";
}

std::string verdict_word(const recommendation& advice, const standing& place,
                         const cell_result& cell) {
  if (!place.excluded.empty()) return "excluded: " + place.excluded;
  if (place.tied && advice.outcome == verdict::winner) return "winner";
  if (place.tied) return advice.settled ? "tie" : "undecided";
  if (cell.eliminated_after) {
    return fmt::format("behind, dropped after block {} (by {})", *cell.eliminated_after + 1,
                       cell.beaten_by);
  }
  return "behind";
}

markup ratio_table(const recommendation& advice, const cell_list& cells) {
  rows lines;
  for (const cell_result* cell : cells) {
    const standing* const place = find_standing(advice, cell->choice.label);
    if (place == nullptr) {
      lines.push_back({cell->choice.label, "–", "–", "–", "–",
                       fmt::format("{}{}{}", to_string(cell->ended),
                                   cell->reason.empty() ? "" : ": ", cell->reason)});
      continue;
    }
    const auto& behind = place->behind;
    lines.push_back(
        {cell->choice.label, html_value(advice, place->value),
         behind ? show_ratio(behind->ratio) : "–",
         behind ? fmt::format("{} – {}", show_ratio(behind->lower), show_ratio(behind->upper))
                : "–",
         behind ? show_whole(behind->pairs) : "–", verdict_word(advice, *place, *cell)});
  }
  return table("Ratio to the leader",
               {{"Approach"},
                {"Median " + advice.metric},
                {"Leader is ×"},
                {"Interval"},
                {"Blocks"},
                {"Verdict", false}},
               lines);
}

// What lies in the middle of the epochs, without the tenth at either end; "–" for fewer than ten.
std::string spread(const cell_result& cell, std::optional<double> epoch_sample::*field) {
  std::vector<double> values;
  for (const epoch_sample& epoch : cell.epochs) {
    if (epoch.*field) values.push_back(*(epoch.*field));
  }
  std::sort(values.begin(), values.end());
  const auto low = quantile(values, 0.1);
  const auto high = quantile(values, 0.9);
  return low && high ? show_seconds(*low) + " – " + show_seconds(*high) : "–";
}

markup latency_table(const cell_list& cells) {
  rows lines;
  for (const cell_result* cell : cells) {
    if (!cell->ok()) continue;
    const latency_summary& all = cell->latency;
    lines.push_back({cell->choice.label, show_seconds(all.p50), show_seconds(all.p90),
                     show_seconds(all.p99), show_seconds(all.p999), show_seconds(all.max),
                     show_whole(all.count), spread(*cell, &epoch_sample::p50),
                     spread(*cell, &epoch_sample::p99)});
  }
  return table("Latency percentiles",
               {{"Approach"},
                {"p50"},
                {"p90"},
                {"p99"},
                {"p99.9"},
                {"Longest"},
                {"Items"},
                {"p50 of 80 % of epochs"},
                {"p99 of 80 % of epochs"}},
               lines);
}

std::vector<double> throughputs_of(const cell_result& cell) {
  std::vector<double> values;
  for (const epoch_sample& epoch : cell.epochs) values.push_back(epoch.throughput);
  return values;
}

markup throughput_table(const cell_list& cells) {
  rows lines;
  for (const cell_result* cell : cells) {
    if (!cell->ok()) continue;
    std::vector<double> values = throughputs_of(*cell);
    std::sort(values.begin(), values.end());
    const auto low = quantile(values, 0.25);
    const auto high = quantile(values, 0.75);
    lines.push_back(
        {cell->choice.label, count_or_dash(median(values), show_rate),
         low && high ? show_rate(*low) + " – " + show_rate(*high) : "–",
         cell->usage ? show_seconds(cell->usage->user_seconds + cell->usage->system_seconds) : "–",
         show_seconds(cell->startup),
         show_whole(cell->facts.workers) + (cell->facts.pinned ? " pinned" : ""),
         show_whole(cell->items), show_whole(cell->failures)});
  }
  return table("Throughput",
               {{"Approach"},
                {"Median"},
                {"Middle half of the epochs"},
                {"CPU per item"},
                {"Start-up"},
                {"Workers"},
                {"Items"},
                {"Failed"}},
               lines);
}

std::string bytes_or_dash(const std::optional<std::uint64_t>& bytes) {
  return bytes ? show_bytes(static_cast<double>(*bytes)) : "–";
}

markup memory_table(const cell_list& cells) {
  rows lines;
  for (const cell_result* cell : cells) {
    if (!cell->ok() || !cell->memory) continue;
    const memory_summary& used = *cell->memory;
    lines.push_back({cell->choice.label, bytes_or_dash(used.idle_pss), bytes_or_dash(used.peak_pss),
                     count_or_dash(used.per_item_in_flight, show_bytes),
                     show_bytes(static_cast<double>(used.kernel_bytes)), show_whole(used.processes),
                     show_whole(used.threads)});
  }
  return table("Memory",
               {{"Approach"},
                {"Idle"},
                {"Under load"},
                {"Per item in flight"},
                {"Kernel"},
                {"Processes"},
                {"Threads"}},
               lines);
}

// Has it become faster or slower while the run went on?
std::string drift(const cell_result& cell) {
  const std::vector<double> values = throughputs_of(cell);
  const auto half = static_cast<std::ptrdiff_t>(values.size() / 2);
  if (half < 5) return "–";
  const auto early = median(std::vector<double>(values.begin(), values.begin() + half));
  const auto late = median(std::vector<double>(values.end() - half, values.end()));
  return *early > 0 ? fmt::format("{:+.1f} %", 100 * (*late / *early - 1)) : "–";
}

markup order_table(const cell_list& cells) {
  rows lines;
  for (const cell_result* cell : cells) {
    if (!cell->ok()) continue;
    const std::vector<double> values = throughputs_of(*cell);
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    double stolen = 0;
    std::size_t known = 0;
    for (const epoch_sample& epoch : cell->epochs) {
      stolen += epoch.steal.value_or(0);
      known += epoch.steal ? 1 : 0;
    }
    lines.push_back(
        {cell->choice.label, show_whole(values.size()), show_rate(*low), show_rate(*high),
         drift(*cell),
         known == 0 ? "–" : fmt::format("{:.1f} %", 100 * stolen / static_cast<double>(known))});
  }
  return table("Epochs in the order they ran",
               {{"Approach"},
                {"Epochs"},
                {"Slowest"},
                {"Fastest"},
                {"Second half against the first"},
                {"Stolen time, mean"}},
               lines);
}

std::string throttling_words(const run_result& run) {
  if (!run.throttled || run.throttled->periods == 0) return "";
  return fmt::format(" The CPU quota throttled the run in {} of {} periods.",
                     show_whole(run.throttled->throttled_periods),
                     show_whole(run.throttled->periods));
}

/// The loads of one workload that differ in nothing but the items in flight, fewest first.
std::vector<std::size_t> loads_of(const run_result& run, std::size_t index) {
  std::vector<std::size_t> loads;
  const workload_plan& mine = run.workloads[index].plan;
  for (std::size_t i = 0; i < run.workloads.size(); ++i) {
    const workload_plan& other = run.workloads[i].plan;
    if (other.workload == mine.workload && !other.rate && !mine.rate &&
        other.options.input == mine.options.input && other.options.scale == mine.options.scale &&
        other.options.parameters == mine.options.parameters) {
      loads.push_back(i);
    }
  }
  std::sort(loads.begin(), loads.end(), [&](std::size_t a, std::size_t b) {
    return run.workloads[a].plan.in_flight < run.workloads[b].plan.in_flight;
  });
  return loads;
}

markup load_table(const run_result& run, const std::vector<std::size_t>& loads, const char* caption,
                  std::string (*show)(const cell_result&)) {
  std::vector<html_column> columns{{"Approach"}};
  std::vector<std::string> labels;
  for (const std::size_t load : loads) {
    columns.push_back({show_whole(run.workloads[load].plan.in_flight) + " in flight"});
    for (const cell_result& cell : run.workloads[load].cells) {
      if (std::find(labels.begin(), labels.end(), cell.choice.label) == labels.end()) {
        labels.push_back(cell.choice.label);
      }
    }
  }
  rows lines;
  for (const std::string& label : labels) {
    std::vector<markup> line{label};
    for (const std::size_t load : loads) {
      std::string figure = "–";
      for (const cell_result& cell : run.workloads[load].cells) {
        if (cell.choice.label == label && cell.ok()) figure = show(cell);
      }
      line.emplace_back(figure);
    }
    lines.push_back(std::move(line));
  }
  return table(caption, columns, lines);
}

// Before the first of several loads: what concurrency does to throughput and memory.
markup over_concurrency(const run_result& run, std::size_t index) {
  const std::vector<std::size_t> loads = loads_of(run, index);
  if (loads.size() < 2 || *std::min_element(loads.begin(), loads.end()) != index) return {};
  const markup throughput =
      load_table(run, loads, "Throughput over items in flight",
                 [](auto& cell) { return count_or_dash(median(throughputs_of(cell)), show_rate); });
  const markup memory = load_table(run, loads, "Memory over items in flight", [](auto& cell) {
    return cell.memory ? bytes_or_dash(cell.memory->peak_pss) : std::string("–");
  });
  const std::string numbers = fmt::format("{}", fmt::join(loads, " "));
  return element(
      "section", {{"class", "workload"}},
      element("h2", {}, run.workloads[index].plan.workload + " over concurrency") +
          element("div", {{"class", "figures"}},
                  figure("throughput-curve", index, "Throughput over items in flight",
                         "Median of the epochs; both axes logarithmic.", throughput, numbers) +
                      figure("memory-curve", index, "Memory over items in flight",
                             "Proportional set size under load, all processes.", memory, numbers)));
}

markup tables_of_measures(const workload_result& measured, const cell_list& cells) {
  markup all;
  for (const std::string& name : measure_names(measured)) {
    rows lines;
    for (const cell_result* cell : cells) {
      const measure* const taken = find_measure(*cell, name);
      if (taken == nullptr) continue;
      std::optional<double> mean;
      if (taken->count > 0) mean = taken->sum / static_cast<double>(taken->count);
      lines.push_back({cell->choice.label, show_seconds(mean), show_seconds(taken->p50),
                       show_seconds(taken->p90), show_seconds(taken->p99), show_seconds(taken->max),
                       show_whole(taken->count)});
    }
    all +=
        element("h3", {}, "Measured: " + name) +
        table("Measured: " + name,
              {{"Approach"}, {"Mean"}, {"p50"}, {"p90"}, {"p99"}, {"Longest"}, {"Taken"}}, lines);
  }
  return all;
}

markup list_of_findings(const workload_result& measured, const recommendation& advice) {
  const std::vector<std::string> lines = findings(measured, advice);
  if (lines.empty()) return {};
  return element("h3", {}, "Found") + element("ul", {{"class", "found"}}, list_items(lines));
}

markup figures(const run_result& run, const recommendation& advice, std::size_t index) {
  const cell_list cells = ordered(run.workloads[index], advice);
  const std::string delta = show_percent(advice.practical_difference + 1e-9);
  return figure("ratio", index, "How far the leader is ahead",
                fmt::format("Leader over each approach by {}: median and interval, log scale. The "
                            "band is δ, {} % either way.",
                            advice.metric, delta),
                ratio_table(advice, cells)) +
         figure("latency", index, "Latency",
                "Of an item, by the share of items that had less; both axes logarithmic. A broad "
                "bar spans what 80 % of the epochs had.",
                latency_table(cells)) +
         figure("throughput", index, "Throughput",
                "Median of the epochs; the line spans their middle half.",
                throughput_table(cells)) +
         figure("memory", index, "Memory",
                "Proportional set size of all processes: idle hatched, under load solid.",
                memory_table(cells)) +
         figure("order", index, "Throughput over time",
                "Each epoch over the median of its approach, as they ran; below, the share of CPU "
                "time the hypervisor gave to others." +
                    throttling_words(run),
                order_table(cells));
}

}  // namespace

markup html_workload(const run_result& run, const std::vector<recommendation>& advice,
                     std::size_t index) {
  const workload_result& measured = run.workloads[index];
  const std::string number = std::to_string(index);
  markup body = element("h2", {}, html_title(run, index)) +
                element("p", {{"class", "lead"}},
                        measured.info.summary.empty()
                            ? html_load(measured)
                            : html_load(measured) + ": " + measured.info.summary + ".");
  const bool any = std::any_of(measured.cells.begin(), measured.cells.end(),
                               [](const cell_result& cell) { return cell.ok(); });
  if (any) {
    body += element("div",
                    {{"class", "chips needs-script"},
                     {"role", "group"},
                     {"aria-label", "Highlight an approach in the charts"},
                     {"data-workload", number}},
                    {}) +
            element("div", {{"class", "figures"}}, figures(run, advice[index], index)) +
            tables_of_measures(measured, ordered(measured, advice[index])) +
            list_of_findings(measured, advice[index]);
  } else {
    body += element("p", {},
                    measured.not_run ? "Not run: " + *measured.not_run
                                     : "No approach was measured with right answers.");
    if (!measured.cells.empty())
      body += ratio_table(advice[index], ordered(measured, advice[index]));
  }
  const std::string id = "w" + number;
  return over_concurrency(run, index) +
         element("section", {{"id", id}, {"class", "workload"}}, body);
}

}  // namespace regatta
