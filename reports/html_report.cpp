// SPDX-License-Identifier: Apache-2.0
#include "reports/html_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reports/figures.hpp"
#include "reports/html_assets.hpp"
#include "reports/html_parts.hpp"

namespace regatta {
namespace {

// Bytes. Of twenty pages in an artifact of a CI job, or of one in a mail.
constexpr std::size_t largest_page = 1'450'000;

// Nothing may be loaded, sent or framed; and only the style and the scripts of this very page
// count, so that text that slipped through as a tag would do nothing.
std::string security_policy() {
  return fmt::format(
      "default-src 'none'; script-src '{}' '{}'; style-src '{}'; img-src data:; base-uri 'none'; "
      "form-action 'none'",
      csp_hash(chart_library()), csp_hash(html_script()), csp_hash(html_style()));
}

markup script(std::string_view source) { return element("script", {}, markup::raw(source)); }

markup head(const std::string& title) {
  return markup::raw("<head>\n<meta charset=\"utf-8\">\n") +
         markup::raw("<meta http-equiv=\"Content-Security-Policy\" content=\"" + security_policy() +
                     "\">\n") +
         markup::raw(
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<meta name=\"color-scheme\" content=\"light dark\">\n"
             "<meta name=\"referrer\" content=\"no-referrer\">\n"
             "<link rel=\"icon\" href=\"data:,\">\n") +
         element("title", {}, title) + element("style", {}, markup::raw(html_style())) +
         markup::raw("</head>\n");
}

std::string subject(const run_result& run) {
  return run.plan.suite.empty() ? "Which approach to use"
                                : "Which approach to use: " + run.plan.suite;
}

// "2026-01-31 08:05 UTC" of "2026-01-31T08:05:09Z"; what is of another form stays as it is.
std::string show_moment(const std::string& iso8601) {
  if (iso8601.size() != 20 || iso8601[10] != 'T' || iso8601[19] != 'Z') return iso8601;
  return iso8601.substr(0, 10) + " " + iso8601.substr(11, 5) + " UTC";
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
  const markup top = head("regatta: " + subject(run));
  const markup scripts = script(chart_library()) + script(html_script());
  // What is left of the size that a page should have is for the raw data.
  const std::size_t used = top.html().size() + content.html().size() + scripts.html().size();
  const std::size_t left = largest_page - std::min(used, largest_page);
  content += html_raw_data(make_page_data(run, advice, left));
  const markup page = top + element("body", {}, element("main", {}, content) + scripts);
  return "<!DOCTYPE html>\n" + element("html", {{"lang", "en"}}, page).html() + "\n";
}

}  // namespace regatta
