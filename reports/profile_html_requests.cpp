// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "reports/figures.hpp"
#include "reports/html_page.hpp"
#include "reports/load_report.hpp"
#include "reports/profile_html_parts.hpp"

namespace regatta {
namespace {

using namespace profiling;

std::vector<markup> times_row(const char* name, const duration_histogram& times) {
  const auto count = static_cast<double>(times.count());
  std::vector<markup> row{name, show_whole(times.count())};
  for (const double p : {0.5, 0.9, 0.99, 0.999}) row.emplace_back(show_seconds(times.quantile(p)));
  row.emplace_back(count > 0 ? show_seconds(times.max()) : std::string("–"));
  row.emplace_back(count > 0 ? show_seconds(times.sum() / count) : std::string("–"));
  return row;
}

markup line(const std::string& name, const std::string& words) {
  return element("dt", {}, name) + element("dd", {}, words);
}

const char* verdict_name(http_load::level_verdict verdict) {
  switch (verdict) {
    case http_load::level_verdict::kept:
      return "kept";
    case http_load::level_verdict::missed:
      return "MISSED";
    case http_load::level_verdict::withheld:
      break;
  }
  return "withheld: too few requests, or the client was the bottleneck";
}

// The driven load: what its client saw, and what the stretches cost it.
markup driven_part(const driven_load& driven) {
  const http_load::load_result& load = driven.load;
  const http_load::load_tally total = load.total();
  std::vector<std::vector<markup>> rows{
      times_row("latency", total.latency), times_row("service", total.service),
      times_row("due in a stretch", driven.in_stretches),
      times_row("due outside", driven.elsewhere), times_row("send lag", total.send_lag)};
  markup honesty = line("Load", describe_load(load.plan)) + line("Client", describe_client(load));
  const std::string failures = describe_failures(total);
  if (!failures.empty()) {
    const std::string first =
        load.first_failure.empty() ? "" : "; the first: " + load.first_failure;
    honesty += line("Failures", failures + first);
  }
  for (const http_load::level_outcome& each : load.levels) {
    honesty += line(each.level.text, verdict_name(each.verdict));
  }
  markup notice;
  if (!load.bottleneck.empty()) {
    notice = element("p", {{"class", "notice"}},
                     "The client was the bottleneck: " + load.bottleneck +
                         ". Take these figures as the client's, not the server's.");
  }
  return element("h3", {}, "As the load's client saw it") + notice +
         table(
             "Times of requests, from their intended start",
             {{"Time"}, {"Requests"}, {"p50"}, {"p90"}, {"p99"}, {"p99.9"}, {"Longest"}, {"Mean"}},
             rows) +
         element("p", {{"class", "quiet"}},
                 "Latency and service are of the measured requests that were answered; the two "
                 "rows below them are of all that were due, the warm-up included.") +
         element("dl", {{"class", "reasons"}}, honesty);
}

}  // namespace

markup profile_requests(const profile_result& profile) {
  markup content;
  if (profile.requests) content += profile_served(*profile.requests);
  if (profile.driven) content += driven_part(*profile.driven);
  if (content.empty()) return {};
  return page_section("requests", "Requests", content);
}

}  // namespace regatta
