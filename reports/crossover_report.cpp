// SPDX-License-Identifier: Apache-2.0
#include "reports/crossover_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reports/environment_fields.hpp"
#include "reports/figures.hpp"
#include "reports/report_schema.hpp"
#include "reports/terminal_style.hpp"
#include "reports/text_table.hpp"

namespace regatta {
namespace {

struct metric_text {
  const char* name;
  std::string (*show)(double);
};

metric_text text_of(race_metric by) {
  constexpr auto seconds = [](double value) { return show_seconds(value); };
  switch (by) {
    case race_metric::throughput:
      return {"throughput", show_rate};
    case race_metric::p99:
      return {"p99 latency", seconds};
    case race_metric::p50:
      return {"median latency", seconds};
    case race_metric::cpu:
      return {"CPU per item", seconds};
    case race_metric::memory:
      return {"memory", show_bytes};
  }
  return {"?", show_count};
}

const std::string& label(const crossover_result& result, std::size_t rival) {
  return result.plan.backends.at(rival).label;
}

std::string show_value(const crossover_result& result, double at) {
  return result.axis.whole ? show_whole(static_cast<std::uint64_t>(at)) : fmt::format("{:.3g}", at);
}

std::string outcome_of(const crossover_result& result, const crossover_point& point) {
  if (point.ahead) return label(result, *point.ahead);
  return point.settled ? "tie" : "undecided";
}

std::string lead_text(const std::optional<ratio_estimate>& lead) {
  if (!lead) return "–";
  return fmt::format("{} [{}, {}]", show_ratio(lead->ratio), show_ratio(lead->lower),
                     show_ratio(lead->upper));
}

std::string where_of(const crossover_result& result, std::size_t zone) {
  const crossover_zone& here = result.zones[zone];
  const bool opens = zone == 0;
  const bool closes = zone + 1 == result.zones.size();
  const std::string first = show_value(result, here.first);
  const std::string last = show_value(result, here.last);
  if (here.first == here.last) return "at " + first;
  if (opens == closes) return fmt::format("from {} to {}", first, last);
  return opens ? "up to " + last : fmt::format("from {} on", first);
}

// Without a leader: shown to be near to each other, or just not known.
std::string leaderless(const crossover_result& result, const crossover_zone& zone) {
  const bool known =
      std::all_of(result.points.begin(), result.points.end(), [&](const auto& point) {
        return point.settled || point.at < zone.first || point.at > zone.last;
      });
  return known ? "a tie" : "undecided";
}

// "serial up to 12, a tie from 13 to 17, coroutine from 18 on"
std::string zones_text(const crossover_result& result) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < result.zones.size(); ++i) {
    const leader& ahead = result.zones[i].ahead;
    parts.push_back(fmt::format("{} {}",
                                ahead ? label(result, *ahead) : leaderless(result, result.zones[i]),
                                where_of(result, i)));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::vector<std::string> table_of(const crossover_result& result, std::size_t width) {
  table_column at{result.parameter, true, 0, {}};
  table_column ahead{"ahead", false, 0, {}};
  table_column lead{"× the next [interval]", false, 1, {}};
  table_column blocks{"blocks", true, 3, {}};
  table_column took{"time", true, 4, {}};
  std::vector<table_column> values;
  for (std::size_t i = 0; i < result.plan.backends.size(); ++i) {
    values.push_back({label(result, i), true, 2, {}});
  }
  for (const crossover_point& point : result.points) {
    at.cells.push_back(show_value(result, point.at));
    ahead.cells.push_back(outcome_of(result, point));
    lead.cells.push_back(lead_text(point.lead));
    blocks.cells.push_back(std::to_string(point.blocks));
    took.cells.push_back(show_seconds(point.seconds));
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto& value = point.values[i];
      values[i].cells.push_back(value ? text_of(point.by).show(*value) : "–");
    }
  }
  std::vector<table_column> columns{at, ahead, lead};
  columns.insert(columns.end(), values.begin(), values.end());
  columns.insert(columns.end(), {blocks, took});
  return render_table(std::move(columns), width);
}

std::string held(const crossover_result& result) {
  std::vector<std::string> parts;
  if (result.parameter != "in-flight") {
    parts.push_back(fmt::format("{} in flight", show_whole(result.plan.in_flight)));
  }
  for (const auto& [name, value] : result.plan.options.parameters) {
    if (name != result.parameter) parts.push_back(fmt::format("{} {:.6g}", name, value));
  }
  parts.push_back(fmt::format("{} usable CPUs", result.where.cpus.usable));
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace

std::string crossover_verdict(const crossover_result& result) {
  if (result.points.empty()) return "Nothing was measured.";
  const std::string certainty =
      fmt::format("by more than {:.3g} % at {} % confidence", 100 * result.practical_difference,
                  show_percent(result.confidence));
  std::string text =
      fmt::format("Ahead over {}, {}: {}.", result.meaning, certainty, zones_text(result));
  if (result.crossovers.empty()) {
    const bool any = std::any_of(result.zones.begin(), result.zones.end(),
                                 [](const crossover_zone& zone) { return zone.ahead.has_value(); });
    return text + (any ? " No crossover was seen." : " No winner was seen anywhere.");
  }
  for (const crossover& each : result.crossovers) {
    text += fmt::format(" The lead passes from {} to {} between {} and {}.",
                        label(result, each.below), label(result, each.above),
                        show_value(result, each.last_below), show_value(result, each.first_above));
  }
  return text;
}

std::string render_crossover(const crossover_result& result, const terminal_style& style) {
  const std::string metric =
      result.points.empty() ? "" : fmt::format(" by {}", text_of(result.points.front().by).name);
  std::string out = paint(style, "1",
                          wrap(fmt::format("{} over {} ({}){}; {}", result.plan.workload,
                                           result.parameter, result.meaning, metric, held(result)),
                               "", style.columns)) +
                    "\n";
  if (result.points.empty()) return out;
  const auto lines = table_of(result, style.columns);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool leads = i > 0 && result.points[i - 1].ahead;
    out += paint(style, i == 0 ? "2" : leads ? "32" : "0", lines[i]) + "\n";
  }
  out += paint(style, "1", wrap(crossover_verdict(result), "  ", style.columns)) + "\n";
  double measuring = 0;
  double points = 0;
  std::size_t undecided = 0;
  for (const crossover_point& point : result.points) {
    measuring += point.measuring_seconds;
    points += point.seconds;
    undecided += point.settled ? 0 : 1;
    for (const std::string& note : point.notes) {
      out += wrap(fmt::format("at {}, {}.", show_value(result, point.at), note), "  note  ",
                  style.columns) +
             "\n";
    }
  }
  out += wrap(fmt::format("{} points in {}, {} of it to make data and start processes; it ended "
                          "because {}.",
                          result.points.size(), show_seconds(result.seconds),
                          show_seconds(std::max(0.0, points - measuring)), result.ended),
              "  cost  ", style.columns) +
         "\n";
  if (undecided > 0) {
    out += wrap(fmt::format("time did not suffice to decide at {} of them: a larger --budget tells "
                            "more.",
                            undecided),
                "  note  ", style.columns) +
           "\n";
  }
  return out;
}

nlohmann::ordered_json make_crossover_json(const crossover_result& result) {
  using json = nlohmann::ordered_json;
  using json_fields::write;
  const auto name = [&](const leader& who) { return who ? json(label(result, *who)) : json(); };
  json file;
  file["$schema"] = file_name_of(report_schema::crossover);
  file["kind"] = "crossover";
  file["schema_version"] = 1;
  file["generator"] = {{"name", "regatta"}, {"version", REGATTA_VERSION}};
  file["complete"] = !result.interrupted && !result.failure;
  file["failure"] = write(result.failure);
  file["workload"] = result.plan.workload;
  file["parameter"] = result.parameter;
  file["meaning"] = result.meaning;
  file["from"] = result.axis.from;
  file["to"] = result.axis.to;
  file["in_flight"] = result.parameter == "in-flight" ? json() : json(result.plan.in_flight);
  file["parameters"] = result.plan.options.parameters;
  file["backends"] = json::array();
  for (const backend_choice& choice : result.plan.backends)
    file["backends"].push_back(choice.label);
  file["confidence"] = result.confidence;
  file["practical_difference"] = result.practical_difference;
  file["verdict"] = crossover_verdict(result);
  file["crossovers"] = json::array();
  for (const crossover& each : result.crossovers) {
    file["crossovers"].push_back({{"below", label(result, each.below)},
                                  {"above", label(result, each.above)},
                                  {"last_below", each.last_below},
                                  {"first_above", each.first_above}});
  }
  file["zones"] = json::array();
  for (const crossover_zone& zone : result.zones) {
    file["zones"].push_back(
        {{"ahead", name(zone.ahead)}, {"first", zone.first}, {"last", zone.last}});
  }
  file["points"] = json::array();
  for (const crossover_point& point : result.points) {
    json values;
    for (std::size_t i = 0; i < point.values.size(); ++i) {
      values[label(result, i)] = write(point.values[i]);
    }
    file["points"].push_back({{"at", point.at},
                              {"ahead", name(point.ahead)},
                              {"settled", point.settled},
                              {"metric", text_of(point.by).name},
                              {"values", values},
                              {"best", label(result, point.best)},
                              {"second", label(result, point.second)},
                              {"lead", write(point.lead)},
                              {"blocks", point.blocks},
                              {"seconds", point.seconds},
                              {"measuring_seconds", point.measuring_seconds},
                              {"notes", point.notes}});
  }
  file["ended"] = result.ended;
  file["seconds"] = result.seconds;
  file["budget_seconds"] = result.budget;
  file["environment"] = write(result.where);
  return file;
}

}  // namespace regatta
