// SPDX-License-Identifier: Apache-2.0
#include "reports/markdown_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reports/measured.hpp"
#include "tests/reports/table_rows.hpp"

namespace regatta::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string page_of(const run_result& run) {
  std::vector<recommendation> advice;
  for (const workload_result& each : run.workloads) advice.push_back(recommend(each, run));
  return render_markdown(run, advice);
}

run_result run_of(std::vector<cell_result> cells) {
  run_result run;
  run.plan.suite = "quick";
  run.plan.race = false;
  run.workloads.push_back(measured(std::move(cells)));
  return run;
}

TEST(MarkdownReport, TheRecommendationComesFirst) {
  const std::string page =
      page_of(run_of({cell("thread", around(100)), cell("coroutine", around(200))}));
  const auto advice = page.find(
      "- **tokenize (CPU-bound; closed loop, 8 in flight)**: Use "
      "coroutine: 2.00 times thread");
  ASSERT_NE(advice, std::string::npos) << page;
  EXPECT_LT(advice, page.find("| backend |"));
  EXPECT_LT(page.find("| backend |"), page.find("<details>"));
}

TEST(MarkdownReport, TheTableHasTheWinnerFirstAndInBold) {
  const std::string page =
      page_of(run_of({cell("thread", around(100)), cell("coroutine", around(200)),
                      ended("process", outcome::crashed, "killed by signal 11")}));
  const auto winner = page.find("| **`coroutine`** | 201 |");
  const auto loser = page.find("| `thread` | 100 | 2.00 \\[2.00, 2.00\\] |");
  const auto dead = page.find("| `process` | crashed |  |");
  ASSERT_NE(winner, std::string::npos) << page;
  ASSERT_NE(loser, std::string::npos) << page;
  ASSERT_NE(dead, std::string::npos) << page;
  EXPECT_LT(winner, loser);
  EXPECT_LT(loser, dead);
  EXPECT_THAT(page, HasSubstr("- process: crashed: killed by signal 11"));
}

TEST(MarkdownReport, NobodyIsInBoldWithoutAWinner) {
  EXPECT_THAT(page_of(run_of({cell("thread", {100, 101}), cell("coroutine", {100, 101})})),
              Not(HasSubstr("**`")));
}

TEST(MarkdownReport, EveryRowOfTheTableHasItsCellsWhateverTheNames) {
  const std::string page = page_of(run_of({cell("a|b", around(100)), cell("c\nd", around(50)),
                                           ended("`e|f\\", outcome::failed, "no | of\nthese")}));
  const auto rows = bars_of_rows(page);
  EXPECT_EQ(rows.size(), 5U);
  EXPECT_THAT(rows, ::testing::Each(9U)) << page;
}

TEST(MarkdownReport, SaysWhyAndWithWhichCaveats) {
  run_result run = run_of({cell("thread", around(100)), cell("coroutine", around(200))});
  run.warnings = {"the machine <was> busy"};
  recommendation advice = recommend(run.workloads[0], run);
  advice.because = {"it uses max_rss"};
  advice.unless = {"items block"};
  advice.caveats = {"one load only"};
  const std::string page = render_markdown(run, {advice});
  EXPECT_THAT(
      page,
      AllOf(HasSubstr("**Because**\n\n- it uses max\\_rss\n"),
            HasSubstr("**Unless**\n\n- items block\n"), HasSubstr("**Note**\n\n- one load only\n"),
            HasSubstr("<summary>Warnings (1)</summary>\n\n- the machine \\<was\\> busy")));
}

TEST(MarkdownReport, ListsWhatWasFound) {
  const auto blocked = with_findings(cell("coroutine", around(200)), {blocked_loop()});
  EXPECT_THAT(page_of(run_of({cell("thread", around(100)), blocked})),
              HasSubstr("**Found**\n\n- coroutine: An event loop was blocked for more than 10 ms "
                        "312 times.\n"));
  EXPECT_THAT(page_of(run_of({cell("thread", around(100))})), Not(HasSubstr("**Found**")));
}

TEST(MarkdownReport, HasATableOfEachMeasure) {
  const auto measuring = with_measures(cell("coroutine", around(200)), {first_tokens()});
  EXPECT_THAT(page_of(run_of({cell("thread", around(100)), measuring})),
              HasSubstr("\n\n| time to first token | p50 | p90 | p99 | longest | taken |\n"
                        "|---|--:|--:|--:|--:|--:|\n"
                        "| `coroutine` | 10.0 ms | 12.5 ms | 20.0 ms | 31.0 ms | 1,200 |\n"));
}

TEST(MarkdownReport, OfAWorkloadThatWasNotRunSaysWhy) {
  run_result run = run_of({});
  run.workloads[0].not_run = "no such folder";
  EXPECT_THAT(page_of(run),
              AllOf(HasSubstr("**: not run: no such folder"), HasSubstr("Not run: no such folder"),
                    Not(HasSubstr("| backend"))));
}

TEST(MarkdownReport, SaysIfItIsIncomplete) {
  run_result run = run_of({cell("thread", around(100))});
  run.interrupted = true;
  EXPECT_THAT(page_of(run), HasSubstr("The run was interrupted"));
  EXPECT_THAT(page_of({}), HasSubstr("Nothing was measured."));
}

}  // namespace
}  // namespace regatta::test
