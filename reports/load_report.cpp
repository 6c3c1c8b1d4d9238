// SPDX-License-Identifier: Apache-2.0
#include "reports/load_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "reports/figures.hpp"
#include "reports/printable.hpp"
#include "reports/terminal_style.hpp"
#include "reports/text_table.hpp"

namespace regatta {
namespace {

using namespace http_load;

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

std::string stage_name(const load_stage& stage) {
  const std::string length = show_seconds(seconds(stage.length));
  if (stage.to == 0 && stage.from == 0) return length;
  if (stage.from == stage.to) return fmt::format("{} at {}", length, show_rate(stage.to));
  return fmt::format("{} from {} to {}", length, show_rate(stage.from), show_rate(stage.to));
}

std::string stage_table(const load_result& result, const terminal_style& style) {
  table_column name{"stage", false, 0, {}};
  table_column rate{"answered", true, 0, {}};
  table_column ok{"ok", true, 3, {}};
  table_column failed{"failed", true, 1, {}};
  table_column unsent{"unsent", true, 4, {}};
  table_column p50{"p50", true, 2, {}};
  table_column p99{"p99", true, 0, {}};
  table_column most{"max", true, 5, {}};
  for (const stage_result& stage : result.stages) {
    const load_tally& tally = stage.tally;
    name.cells.push_back(stage_name(stage.plan));
    rate.cells.push_back(stage.rate() ? show_rate(*stage.rate()) : "–");
    ok.cells.push_back(show_whole(tally.ok));
    failed.cells.push_back(show_whole(tally.failures()));
    unsent.cells.push_back(show_whole(tally.unsent));
    p50.cells.push_back(show_seconds(tally.latency.quantile(0.5)));
    p99.cells.push_back(show_seconds(tally.latency.quantile(0.99)));
    most.cells.push_back(tally.latency.count() > 0 ? show_seconds(tally.latency.max()) : "–");
  }
  return lines_of({name, rate, ok, failed, unsent, p50, p99, most}, style);
}

std::string time_table(const load_result& result, const load_tally& total,
                       const terminal_style& style) {
  std::vector<std::pair<std::string, const duration_histogram*>> rows{{"latency", &total.latency}};
  if (result.plan.open_loop) rows.emplace_back("service", &total.service);
  if (result.plan.llm) {
    rows.emplace_back("first token", &total.first_token);
    rows.emplace_back("inter-token", &total.inter_token);
    rows.emplace_back("mean gap", &total.mean_gap);
  }
  if (result.plan.open_loop) rows.emplace_back("send lag", &total.send_lag);
  table_column name{"", false, 0, {}};
  std::vector<std::pair<double, table_column>> quantiles{{0.5, {"p50", true, 0, {}}},
                                                         {0.9, {"p90", true, 3, {}}},
                                                         {0.99, {"p99", true, 0, {}}},
                                                         {0.999, {"p99.9", true, 1, {}}}};
  table_column most{"max", true, 1, {}};
  table_column mean{"mean", true, 2, {}};
  for (const auto& [what, times] : rows) {
    name.cells.push_back(what);
    const auto count = static_cast<double>(times->count());
    for (auto& [p, column] : quantiles) column.cells.push_back(show_seconds(times->quantile(p)));
    most.cells.push_back(count > 0 ? show_seconds(times->max()) : "–");
    mean.cells.push_back(count > 0 ? show_seconds(times->sum() / count) : "–");
  }
  std::vector<table_column> columns{name};
  for (auto& each : quantiles) columns.push_back(std::move(each.second));
  columns.push_back(most);
  columns.push_back(mean);
  return lines_of(columns, style);
}

std::string note(const char* what, const std::string& sentence, const terminal_style& style) {
  return wrap(sentence, fmt::format("{:<10}", what), style.columns) + "\n";
}

std::string shown(const service_level& level, std::optional<double> value) {
  if (!value) return "unknown";
  if (std::isinf(*value)) return "more than that failed";
  return level.measure == level_measure::errors ? fmt::format("{:.3g} %", 100 * *value)
                                                : show_seconds(*value);
}

std::string verdict_line(const load_result& result, const level_outcome& outcome,
                         const terminal_style& style) {
  const std::string measured = shown(outcome.level, outcome.measured);
  switch (outcome.verdict) {
    case level_verdict::kept:
      return note("kept", fmt::format("{}: {}", outcome.level.text, measured), style);
    case level_verdict::missed:
      return paint(style, "31",
                   note("MISSED", fmt::format("{}: {}", outcome.level.text, measured), style));
    case level_verdict::withheld:
      break;
  }
  const std::string why =
      result.bottleneck.empty() ? "too few requests to tell" : "the client was the bottleneck";
  return note("withheld", fmt::format("{}: {}; measured {}", outcome.level.text, why, measured),
              style);
}

std::string token_line(const load_result& result, const load_tally& total) {
  const double time = seconds(result.length());
  if (!(time > 0)) return "";
  std::string line =
      fmt::format("{} in {} answers, {} tokens/s", show_whole(total.tokens), show_whole(total.ok),
                  show_count(static_cast<double>(total.tokens) / time));
  if (result.plan.good.any()) {
    line += fmt::format("; goodput {} ({} of {} answers kept the limits)",
                        show_rate(static_cast<double>(total.good) / time), show_whole(total.good),
                        show_whole(total.requests()));
  }
  return line;
}

}  // namespace

std::string describe_load(const load_plan& plan) {
  std::string text = fmt::format("{} {}: ", printable(plan.method), printable(plan.url));
  text += !plan.open_loop                          ? "closed loop"
          : plan.arrivals == arrival_kind::poisson ? "open loop of Poisson arrivals"
                                                   : "open loop of constant arrivals";
  text += fmt::format(" on {} connection{}", show_whole(plan.connections),
                      plan.connections == 1 ? "" : "s");
  if (plan.threads > 1) text += fmt::format(", {} threads", plan.threads);
  if (plan.spin) text += ", spinning";
  return text;
}

std::string describe_failures(const load_tally& total) {
  std::vector<std::string> parts;
  const auto add = [&](std::uint64_t count, const char* one, const char* many) {
    if (count > 0)
      parts.push_back(fmt::format("{} {}", show_whole(count), count == 1 ? one : many));
  };
  add(total.client_errors, "answer with status 4xx", "answers with status 4xx");
  add(total.server_errors, "answer with status 5xx", "answers with status 5xx");
  add(total.connect_failures, "failed connection", "failed connections");
  add(total.resets, "connection lost", "connections lost");
  add(total.timeouts, "timeout", "timeouts");
  add(total.malformed, "malformed answer", "malformed answers");
  add(total.unsent, "request that never left, for want of a free connection",
      "requests that never left, for want of a free connection");
  add(total.cut_off, "request cut off at the end", "requests cut off at the end");
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string describe_client(const load_result& result) {
  const load_tally total = result.total();
  std::vector<std::string> parts;
  double cpu = 0;
  for (std::size_t i = 0; i < result.clients.size(); ++i) {
    const client_use& use = result.clients[i];
    const double wall = seconds(use.wall);
    if (!(wall > 0)) continue;
    cpu += seconds(use.cpu);
    std::string text =
        fmt::format("thread {} used {:.0f} % of a CPU", i + 1, 100 * seconds(use.cpu) / wall);
    if (use.polled.count() > 0) {
      text += fmt::format(" ({:.0f} % polling)", 100 * seconds(use.polled) / wall);
    }
    if (use.waited)
      text += fmt::format(" and waited {:.1f} % for one", 100 * seconds(*use.waited) / wall);
    parts.push_back(text);
  }
  if (parts.empty()) return "too short a load to say what it used";
  const auto answered = static_cast<double>(total.ok + total.client_errors + total.server_errors);
  std::string line = fmt::format("{}", fmt::join(parts, "; "));
  if (answered > 0) line += fmt::format("; {} of CPU a request", show_seconds(cpu / answered));
  if (const auto busy = result.busy.quantile(0.99)) {
    line += fmt::format("; an answer waited at most {} (p99) to be read", show_seconds(*busy));
  }
  return line;
}

std::string render_load(const load_result& result, const terminal_style& style) {
  const load_tally total = result.total();
  std::string out = wrap(describe_load(result.plan), "", style.columns) + "\n\n";
  if (result.stages.empty()) {
    return out + "Nothing was measured: the load ended during its warm-up.\n";
  }
  out += stage_table(result, style) + "\n" + time_table(result, total, style) + "\n";
  if (result.plan.llm) out += note("tokens", token_line(result, total), style);
  const std::string failures = describe_failures(total);
  if (!failures.empty()) {
    const std::string first =
        result.first_failure.empty() ? "" : "; the first: " + printable(result.first_failure);
    out += note("failures", failures + first, style);
  }
  if (total.unsent + total.timeouts > 0) {
    out += note("", "latency has what timed out or never left with the time until then", style);
  }
  out += note("client", describe_client(result), style);
  if (!result.bottleneck.empty()) {
    out += paint(style, "33",
                 note("verdict",
                      "none: the client was the bottleneck: " + result.bottleneck +
                          "; take these figures as the client's, not the server's",
                      style));
  }
  for (const level_outcome& each : result.levels) out += verdict_line(result, each, style);
  return out;
}

std::string render_knee(const knee_result& result, const terminal_style& style) {
  if (result.steps.empty()) return "Nothing was tried.\n";
  std::vector<std::string> texts;
  for (const service_level& level : result.levels) texts.push_back(level.text);
  const std::string levels = fmt::format("{}", fmt::join(texts, ", "));
  std::string out =
      wrap(describe_load(result.steps.front().result.plan), "", style.columns) + "\n\n";
  table_column rate{"rate", true, 0, {}};
  table_column answered{"answered", true, 1, {}};
  table_column p50{"p50", true, 2, {}};
  table_column p99{"p99", true, 0, {}};
  table_column lag{"send lag p99", true, 3, {}};
  table_column verdict{levels, false, 0, {}};
  for (const knee_step& step : result.steps) {
    const load_tally total = step.result.total();
    const double time = seconds(step.result.length());
    rate.cells.push_back(show_rate(step.rate));
    answered.cells.push_back(time > 0 ? show_rate(static_cast<double>(total.ok) / time) : "–");
    p50.cells.push_back(show_seconds(total.latency.quantile(0.5)));
    p99.cells.push_back(show_seconds(total.latency.quantile(0.99)));
    lag.cells.push_back(show_seconds(total.send_lag.quantile(0.99)));
    verdict.cells.push_back(step.verdict == level_verdict::kept     ? "kept"
                            : step.verdict == level_verdict::missed ? "missed"
                                                                    : "withheld");
    if (step.result.saturated) verdict.cells.back() += ", ended early";
  }
  out += lines_of({rate, answered, p50, p99, lag, verdict}, style) + "\n";
  if (result.kept) {
    const std::string above =
        result.missed ? fmt::format("; {} misses it", show_rate(*result.missed)) : "";
    out +=
        note("knee", fmt::format("{} keeps {}{}", show_rate(*result.kept), levels, above), style);
  }
  if (!result.ended.empty()) out += note("note", result.ended, style);
  return out;
}

}  // namespace regatta
