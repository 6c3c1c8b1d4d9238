// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "reports/figures.hpp"
#include "reports/profile_html_parts.hpp"

namespace regatta {
namespace {

using namespace profiling;

std::optional<double> mean(const duration_histogram& times) {
  if (times.count() == 0) return std::nullopt;
  return times.sum() / static_cast<double>(times.count());
}

std::string words(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

markup classes_table(const request_profile& requests) {
  std::vector<html_column> columns{{"Request"}, {"Count"}, {"Latency p50"},
                                   {"p99"},     {"CPU"},   {"Queue"}};
  std::vector<std::size_t> kinds;  // those that any class waited for
  for (std::size_t kind = 0; kind < request_waits; ++kind) {
    const bool any =
        std::any_of(requests.classes.begin(), requests.classes.end(),
                    [&](const request_class& each) { return each.waits[kind].count() > 0; });
    if (!any) continue;
    kinds.push_back(kind);
    columns.push_back({"Waits: " + words(to_string(static_cast<request_wait>(kind)))});
  }
  std::vector<std::vector<markup>> rows;
  for (const request_class& each : requests.classes) {
    std::vector<markup> row{each.name,
                            show_whole(each.count),
                            show_seconds(each.latency.quantile(0.5)),
                            show_seconds(each.latency.quantile(0.99)),
                            profile_time(each.cpu_mean()),
                            show_seconds(mean(each.queue))};
    for (const std::size_t kind : kinds) row.emplace_back(profile_time(each.waits[kind]));
    rows.push_back(std::move(row));
  }
  return table("Requests by class, those with the most CPU time first", columns, rows);
}

markup upstreams_table(const request_profile& requests) {
  std::vector<std::vector<markup>> rows;
  for (const upstream_profile& each : requests.upstreams) {
    rows.push_back({each.peer, show_whole(each.calls), show_seconds(each.first_byte.quantile(0.5)),
                    show_seconds(each.first_byte.quantile(0.99)),
                    show_seconds(each.gap.quantile(0.5)), show_count(each.chunks_per_call),
                    show_seconds(each.total.quantile(0.5))});
  }
  if (rows.empty()) return {};
  return element("h3", {}, "Other services that it calls") + table("Upstream calls",
                                                                   {{"Peer"},
                                                                    {"Calls"},
                                                                    {"First byte p50"},
                                                                    {"p99"},
                                                                    {"Gap p50"},
                                                                    {"Chunks a call"},
                                                                    {"Whole p50"}},
                                                                   rows);
}

std::string kind_words(service_kind kind) {
  if (kind == service_kind::io_bound) return "I/O-bound";
  if (kind == service_kind::cpu_bound) return "CPU-bound";
  std::string name = to_string(kind);
  std::replace(name.begin(), name.end(), '-', ' ');
  return name;
}

}  // namespace

markup profile_served(const request_profile& requests) {
  const service_classification& found = requests.classification;
  markup content = element("h3", {}, "As they were seen in the service") +
                   element("p", {{"class", "sentence"}},
                           element("strong", {}, kind_words(found.kind)) + ". " + found.why);
  if (!found.missing.empty()) content += element("p", {}, "Missing: " + found.missing + ".");
  if (requests.answered() > 0) {
    content +=
        element(
            "p", {},
            fmt::format("{} were answered, {} were in flight at the end, {} were given "
                        "up before an answer; {} at a time.",
                        show_whole(requests.answered()), show_whole(requests.in_flight_at_end),
                        show_whole(requests.aborted), show_count(requests.pool.concurrency_mean))) +
        classes_table(requests) +
        element("p", {{"class", "quiet"}},
                "CPU, queue and waits are means of a request; the waits are apart from the "
                "queue.");
  }
  content += upstreams_table(requests);
  if (!requests.notes.empty()) content += element("ul", {}, list_items(requests.notes));
  return content;
}

}  // namespace regatta
