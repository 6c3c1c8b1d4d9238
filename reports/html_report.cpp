// SPDX-License-Identifier: Apache-2.0
#include "reports/html_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reports/figures.hpp"
#include "reports/html_assets.hpp"
#include "reports/html_page.hpp"
#include "reports/html_parts.hpp"

namespace regatta {
namespace {

// Bytes. Of twenty pages in an artifact of a CI job, or of one in a mail.
constexpr std::size_t largest_page = 1'450'000;

std::string subject(const run_result& run) {
  return run.plan.suite.empty() ? "Which approach to use"
                                : "Which approach to use: " + run.plan.suite;
}

markup masthead(const run_result& run) {
  std::string facts = fmt::format("{}, {} usable CPUs, {}", run.where.cpu_model,
                                  run.where.cpus.usable, show_moment(run.where.started_at));
  if (run.seconds > 0) facts += ", " + show_seconds(run.seconds);
  markup notice;
  if (!run.complete()) {
    notice = element("p", {{"class", "notice"}},
                     run.interrupted ? "Incomplete: the run was interrupted. What was measured "
                                       "until then is here."
                                     : "Incomplete: not everything that was planned was measured.");
  }
  return element("header", {{"class", "masthead"}},
                 markup::raw("<div><span class=\"wordmark\">regatta</span>"
                             "<nav aria-label=\"Page\"><a href=\"#matrix\">Matrix</a>"
                             "<a href=\"#findings\">Findings</a>"
                             "<a href=\"#machine\">Machine</a>"
                             "<a href=\"#method\">Method</a>"
                             "<a href=\"#data\">Raw data</a></nav>"
                             "<button type=\"button\" id=\"theme\" class=\"needs-script\"></button>"
                             "</div>") +
                     element("h1", {}, subject(run)) + element("p", {{"class", "quiet"}}, facts) +
                     notice);
}

}  // namespace

std::string render_html(const run_result& run, const std::vector<recommendation>& advice) {
  markup content = masthead(run) + html_recommendations(run, advice) + html_matrix(run, advice);
  for (std::size_t i = 0; i < run.workloads.size(); ++i) content += html_workload(run, advice, i);
  content += html_findings(run) + html_machine(run) + html_method(run);
  const page_parts parts{
      "regatta: " + subject(run), html_style(), {chart_library(), html_script()}};
  // What is left of the size that a page should have is for the raw data.
  const std::size_t used = assemble_page(parts, content).size();
  const std::size_t left = largest_page - std::min(used, largest_page);
  return assemble_page(parts, content + html_raw_data(make_page_data(run, advice, left)));
}

}  // namespace regatta
