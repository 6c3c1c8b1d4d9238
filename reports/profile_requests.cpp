// SPDX-License-Identifier: Apache-2.0
#include "reports/profile_requests.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reports/figures.hpp"
#include "reports/terminal_style.hpp"
#include "reports/text_table.hpp"

namespace regatta {
namespace {

using namespace profiling;
using std::chrono::nanoseconds;

constexpr std::size_t most_classes = 8, most_upstreams = 5;

std::string show(nanoseconds time) {
  return show_seconds(std::chrono::duration<double>(time).count());
}

std::optional<double> mean(const duration_histogram& times) {
  if (times.count() == 0) return std::nullopt;
  return times.sum() / static_cast<double>(times.count());
}

std::string headline(const request_profile& requests, const terminal_style& style) {
  const auto& found = requests.classification;
  std::string line = to_string(found.kind);
  std::replace(line.begin(), line.end(), '-', ' ');
  if (found.kind == service_kind::io_bound) line = "I/O-bound";
  if (found.kind == service_kind::cpu_bound) line = "CPU-bound";
  std::string out = wrap(fmt::format("{}. {}", line, found.why), "service: ", style.columns) + "\n";
  if (!found.missing.empty()) {
    out += wrap(found.missing + ".", "missing: ", style.columns) + "\n";
  }
  return out;
}

std::string counts(const request_profile& requests, const terminal_style& style) {
  const double seconds = std::chrono::duration<double>(requests.window).count();
  const serving_pool& pool = requests.pool;
  std::string out =
      fmt::format("{} answered ({}), {} in flight at the end", show_whole(requests.answered()),
                  show_rate(seconds > 0 ? static_cast<double>(requests.answered()) / seconds : 0),
                  show_whole(requests.in_flight_at_end));
  if (requests.aborted != 0) {
    out += fmt::format(", {} given up before an answer", show_whole(requests.aborted));
  }
  out += fmt::format("; {} at a time, by {}", show_count(pool.concurrency_mean),
                     pool.loop_threads != 0 ? fmt::format("{} loop thread{}", pool.loop_threads,
                                                          pool.loop_threads == 1 ? "" : "s")
                                            : "");
  if (pool.other_threads != 0) {
    out += fmt::format("{}{} thread{} that serve{} one at a time",
                       pool.loop_threads != 0 ? " and " : "", pool.other_threads,
                       pool.other_threads == 1 ? "" : "s", pool.other_threads == 1 ? "s" : "");
  }
  if (pool.processes > 1) out += fmt::format(" in {} processes", pool.processes);
  if (requests.resident_bytes) {
    out += fmt::format("; {} of memory", show_bytes(static_cast<double>(*requests.resident_bytes)));
  }
  if (requests.switches_per_request) {
    out += fmt::format("; {} switches a request", show_count(*requests.switches_per_request));
  }
  if (requests.following) {
    out += fmt::format("; to follow one took the kernel {}", show(*requests.following));
  }
  return wrap(out, "requests: ", style.columns) + "\n";
}

std::string classes_table(const request_profile& requests, const terminal_style& style) {
  table_column name{"request", false, 0, {}}, count{"count", true, 0, {}};
  table_column p50{"latency p50", true, 1, {}}, p99{"p99", true, 1, {}};
  table_column cpu{"CPU", true, 0, {}}, queue{"queue", true, 2, {}};
  std::vector<table_column> waits;
  const auto every = requests.classes.size();
  for (std::size_t kind = 0; kind < request_waits; ++kind) {
    const bool any = std::any_of(
        requests.classes.begin(), requests.classes.end(),
        [&](const request_class& each) { return each.waits[kind] * 50 > each.cpu_mean(); });
    if (!any) continue;
    std::string title = to_string(static_cast<request_wait>(kind));
    std::replace(title.begin(), title.end(), '_', ' ');
    table_column& column = waits.emplace_back(table_column{title, true, 3, {}});
    for (std::size_t at = 0; at < std::min(every, most_classes); ++at) {
      column.cells.push_back(show(requests.classes[at].waits[kind]));
    }
  }
  for (std::size_t at = 0; at < std::min(every, most_classes); ++at) {
    const request_class& each = requests.classes[at];
    name.cells.push_back(each.name);
    count.cells.push_back(show_whole(each.count));
    p50.cells.push_back(show_seconds(each.latency.quantile(0.5)));
    p99.cells.push_back(show_seconds(each.latency.quantile(0.99)));
    cpu.cells.push_back(show(each.cpu_mean()));
    queue.cells.push_back(show_seconds(mean(each.queue)));
  }
  std::vector<table_column> columns = {name, count, p50, p99, cpu, queue};
  columns.insert(columns.end(), waits.begin(), waits.end());
  std::string out = lines_of(columns, style);
  if (every > most_classes) out += fmt::format("… and {} classes more\n", every - most_classes);
  return out;
}

std::string upstreams_table(const request_profile& requests, const terminal_style& style) {
  if (requests.upstreams.empty()) return "";
  table_column peer{"upstream", false, 0, {}}, calls{"calls", true, 0, {}};
  table_column p50{"first byte p50", true, 0, {}}, p99{"p99", true, 2, {}};
  table_column gap{"gap p50", true, 1, {}}, chunks{"chunks a call", true, 2, {}};
  table_column total{"whole p50", true, 1, {}};
  for (const upstream_profile& each : requests.upstreams) {
    if (peer.cells.size() == most_upstreams) break;
    peer.cells.push_back(each.peer);
    calls.cells.push_back(show_whole(each.calls));
    p50.cells.push_back(show_seconds(each.first_byte.quantile(0.5)));
    p99.cells.push_back(show_seconds(each.first_byte.quantile(0.99)));
    gap.cells.push_back(show_seconds(each.gap.quantile(0.5)));
    chunks.cells.push_back(show_count(each.chunks_per_call));
    total.cells.push_back(show_seconds(each.total.quantile(0.5)));
  }
  std::string out = "\n" + lines_of({peer, calls, p50, p99, gap, chunks, total}, style);
  if (requests.upstreams.size() > most_upstreams) {
    out += fmt::format("… and {} upstreams more\n", requests.upstreams.size() - most_upstreams);
  }
  return out;
}

}  // namespace

std::string render_requests(const request_profile& requests, const terminal_style& style) {
  std::string out = headline(requests, style);
  if (requests.window.count() == 0) return out;  // they were not followed
  if (requests.answered() != 0) {
    out += counts(requests, style) + "\n" + classes_table(requests, style);
  }
  out += upstreams_table(requests, style);
  for (const std::string& note : requests.notes) out += wrap(note, "note: ", style.columns) + "\n";
  return out;
}

}  // namespace regatta
