// SPDX-License-Identifier: Apache-2.0
#include "reports/html_report.hpp"

#include <gtest/gtest.h>

#include <regex>

#include "reports/html_assets.hpp"
#include "tests/reports/measured.hpp"
#include "tests/reports/sample_runs.hpp"

namespace regatta::test {
namespace {

std::string page_of(const run_result& run) { return render_html(run, advice_on(run)); }

std::string page_of(workload_result one) {
  run_result run;
  run.workloads.push_back(std::move(one));
  return page_of(run);
}

bool has(const std::string& page, const std::string& part) {
  return page.find(part) != std::string::npos;
}

std::size_t occurrences(const std::string& page, const std::string& part) {
  std::size_t found = 0;
  for (auto at = page.find(part); at != std::string::npos; at = page.find(part, at + 1)) ++found;
  return found;
}

/// The page without its scripts, styles and data, which are not made of the report's words.
std::string markup_of(std::string page) {
  for (const std::string name : {"script", "style"}) {
    for (auto at = page.find("<" + name); at != std::string::npos; at = page.find("<" + name, at)) {
      const std::string end = "</" + name + ">";
      page.erase(at, page.find(end, at) + end.size() - at);
    }
  }
  return page;
}

TEST(HtmlReport, BeginsWithTheRecommendationAndEndsWithTheData) {
  run_result run;
  run.plan.suite = "quick";
  run.workloads.push_back(measured({cell("a", around(100)), cell("b", around(50))}));
  const std::string page = page_of(run);
  std::size_t last = 0;
  for (const char* part :
       {"<h1>Which approach to use: quick</h1>", "Use <strong>a</strong>: 2.00 times b",
        "id=\"matrix\"", "data-chart=\"ratio\"", "data-chart=\"latency\"",
        "data-chart=\"throughput\"", "data-chart=\"memory\"", "data-chart=\"order\"",
        "id=\"findings\"", "id=\"machine\"", "id=\"method\"", "id=\"data\""}) {
    const std::size_t at = page.find(part);
    ASSERT_NE(at, std::string::npos) << part;
    EXPECT_GT(at, last) << part;
    last = at;
  }
}

TEST(HtmlReport, EveryChartHasATableWithTheFigures) {
  const std::string page = page_of(measured({cell("a", around(100)), cell("b", around(50))}));
  EXPECT_EQ(occurrences(page, "<figure "), 5U);
  EXPECT_EQ(occurrences(page, "<details open=\"\" class=\"numbers\">"), 5U)
      << "open without scripts";
  EXPECT_TRUE(has(page, "<td>2.00 – 2.00</td>"));
}

// A name of the report that became a tag would end up here.
TEST(HtmlReport, NamesOfTheReportNeverBecomeMarkup) {
  const std::string evil = "<img src=x onerror=alert(1)>\"'&";
  run_result run;
  run.plan.suite = evil;
  run.plan.service_settings[evil] = evil;
  run.where.cpu_model = run.where.hostname = run.where.kernel = evil;
  run.where.started_at = evil;
  run.warnings = {evil};
  auto one = measured(
      {cell(evil, around(100)), cell("b", around(50)), ended(evil + "2", outcome::crashed, evil)});
  one.plan.workload = one.info.summary = evil;
  one.cells[0].failures = 1;
  one.cells[0].first_failure = evil;
  one.cells[0].findings = {{.sentence = evil, .cause = evil, .function = evil, .place = evil}};
  one.race = race_receipt{.ended = evil};
  run.workloads = {one, measured({})};
  run.workloads[1].not_run = evil;
  const std::string page = markup_of(page_of(run));
  EXPECT_FALSE(has(page, "<img"));
  EXPECT_TRUE(has(page, "&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;"));
}

TEST(HtmlReport, OnlyItsOwnScriptsMayRun) {
  const std::string page = page_of(measured({cell("</script><script>alert(1)</script>", {1})}));
  const std::regex policy("Content-Security-Policy\" content=\"([^\"]*)\"");
  std::smatch match;
  ASSERT_TRUE(std::regex_search(page, match, policy));
  const std::string content = match[1];
  EXPECT_TRUE(has(content, "default-src 'none'"));
  EXPECT_FALSE(has(content, "unsafe"));
  EXPECT_FALSE(has(content, "http"));
  std::size_t scripts = 0;
  for (std::size_t at = page.find("<script>"); at != std::string::npos;
       at = page.find("<script>", at + 1)) {
    const std::size_t begin = at + 8;
    const std::string source = page.substr(begin, page.find("</script>", begin) - begin);
    EXPECT_TRUE(has(content, csp_hash(source))) << source.substr(0, 60);
    ++scripts;
  }
  EXPECT_EQ(scripts, 2U) << "the chart library and the page's own";
}

TEST(HtmlReport, LoadsNothing) {
  const std::string page = page_of(measured({cell("a", around(100))}));
  const std::string words = markup_of(page);
  EXPECT_FALSE(std::regex_search(words, std::regex("(src|srcset|action|poster|data)=")));
  const std::regex link("href=\"([^\"]*)\"");
  for (std::sregex_iterator at(words.begin(), words.end(), link), end; at != end; ++at) {
    const std::string target = (*at)[1];
    EXPECT_TRUE(target.starts_with("#") || target == "data:,") << target;
  }
  EXPECT_FALSE(has(page, "@import"));
  EXPECT_FALSE(has(std::string(html_style()), "url("));
}

TEST(HtmlReport, SaysHowEachApproachEnded) {
  const std::string page =
      page_of(measured({cell("a", around(100)), ended("b", outcome::crashed, "killed by signal 11"),
                        ended("c", outcome::unavailable, "built without it")}));
  EXPECT_TRUE(has(page, "<td class=\"failed\" title=\"killed by signal 11\">"));
  EXPECT_TRUE(has(page, "<td class=\"absent\" title=\"built without it\">"));
  EXPECT_TRUE(has(page, "<li>tokenize, b: crashed: killed by signal 11</li>"));
}

TEST(HtmlReport, ListsWhatWasFoundWithItsWorkloadAndAmongTheFindings) {
  const auto blocked = with_findings(cell("a", around(100)), {blocked_loop()});
  const std::string page = page_of(measured({blocked, cell("b", around(50))}));
  const std::string words = "An event loop was blocked for more than 10 ms 312 times.</li>";
  EXPECT_TRUE(has(page, "<h3>Found</h3><ul class=\"found\"><li>a: " + words));
  EXPECT_TRUE(has(page, "<li>tokenize, a: " + words));
  EXPECT_FALSE(has(page, "None: every approach answered right"));
  EXPECT_FALSE(has(page_of(measured({cell("a", around(100))})), "<h3>Found</h3>"));
}

TEST(HtmlReport, HasATableOfEachMeasure) {
  const auto measuring = with_measures(cell("a", around(100)), {first_tokens()});
  const std::string page = page_of(measured({measuring, cell("b", around(50))}));
  EXPECT_TRUE(has(page, "<h3>Measured: time to first token</h3>"));
  EXPECT_TRUE(has(page, "12.5 ms"));
  EXPECT_TRUE(has(page, "1,200"));
  EXPECT_FALSE(has(page_of(measured({cell("a", around(100))})), "Measured: "));
}

TEST(HtmlReport, SaysWhichConstraintRulesAnApproachOut) {
  run_result run;
  run.plan.required.max_memory = 1 << 20;
  run.workloads.push_back(measured({with_cost(cell("a", around(100)), 1e-3, 5 << 20, 1),
                                    with_cost(cell("b", around(50)), 1e-3, 1 << 19, 1)}));
  const std::string page = page_of(run);
  EXPECT_TRUE(has(page, "<td class=\"excluded\" title=\"it uses 5.00 MiB of memory"));
  EXPECT_TRUE(has(page, "Use <strong>b</strong>"));
}

TEST(HtmlReport, WhatIsUnknownIsNeverZero) {
  const std::string page = page_of(measured({cell("a", around(100))}));
  EXPECT_TRUE(has(page, "<dt>Memory</dt><dd>unknown</dd>"));
  EXPECT_TRUE(has(page, "Not measured in this run."));
  EXPECT_FALSE(has(page, "0.00 ns"));
}

TEST(HtmlReport, LoadsOfOneWorkloadAreShownTogether) {
  run_result run;
  for (const unsigned in_flight : {64, 8}) {
    run.workloads.push_back(measured({cell("a", around(100.0 * in_flight))}));
    run.workloads.back().plan.in_flight = in_flight;
  }
  const std::string page = page_of(run);
  EXPECT_EQ(occurrences(page, "data-chart=\"throughput-curve\""), 1U);
  EXPECT_TRUE(has(page,
                  "<th scope=\"col\">8 in flight</th>"
                  "<th scope=\"col\">64 in flight</th>"));
  EXPECT_TRUE(has(page, "tokenize, 8 in flight"));
}

TEST(HtmlReport, SaysThatItIsIncomplete) {
  run_result run;
  run.interrupted = true;
  run.workloads.push_back(measured({cell("a", around(100))}));
  EXPECT_TRUE(has(page_of(run), "the run was interrupted"));
  run.interrupted = false;
  EXPECT_FALSE(has(page_of(run), "Incomplete"));
}

TEST(HtmlReport, OfAnEmptyRunIsAPageToo) {
  EXPECT_TRUE(has(page_of(run_result{}), "Nothing was measured."));
  EXPECT_TRUE(has(page_of(measured({})), "No recommendation"));
}

TEST(HtmlReport, OfAFullSuiteFitsIntoAMail) {
  const std::string page = page_of(full_suite());
  EXPECT_LT(page.size(), 1'500'000U);
  EXPECT_EQ(occurrences(page, "data-chart=\"order\""), 18U);
}

}  // namespace
}  // namespace regatta::test
