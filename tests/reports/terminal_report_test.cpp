// SPDX-License-Identifier: Apache-2.0
#include "reports/terminal_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "reports/text_table.hpp"
#include "tests/reports/measured.hpp"

namespace regatta::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class TerminalReport : public ::testing::Test {
 protected:
  // As one line, so that no test depends on where it was wrapped.
  std::string render(std::size_t columns = 100) {
    text_ = render_workload(one_, recommend(one_, run_), {.columns = columns});
    std::istringstream words(text_);
    std::string word;
    std::string line;
    while (words >> word) line += (line.empty() ? "" : " ") + word;
    return line;
  }
  void expect_fits(std::size_t columns) {
    std::istringstream lines(text_);
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(display_width(line), columns) << line;
    }
  }
  static cell_result beaten(cell_result cell, unsigned after, const std::string& by) {
    cell.epochs.resize(after + 1);
    cell.eliminated_after = after;
    cell.beaten_by = by;
    return cell;
  }

  run_result run_;
  workload_result one_ =
      measured({cell("tbb", around(200, 30)), beaten(cell("thread", around(100, 30)), 11, "tbb"),
                beaten(cell("serial", around(50, 30)), 11, "tbb")});
  std::string text_;
};

TEST_F(TerminalReport, ShowsWhatTheRaceCostAndWhatItSaved) {
  one_.race = race_receipt{.settled = true,
                           .ended = "every other approach is behind by more than 5 %",
                           .epochs = 119,
                           .seconds = 8.4,
                           .fixed_epochs = 1310,
                           .fixed_seconds = 22};
  EXPECT_THAT(render(), HasSubstr("cost 119 epochs, 8.40 s; fixed sampling would have taken 1,310 "
                                  "epochs, 22.0 s"));
  one_.race->fixed_epochs = 119;
  EXPECT_THAT(render(), AllOf(HasSubstr("cost 119 epochs, 8.40 s"), Not(HasSubstr("fixed"))));
  one_.race.reset();
  EXPECT_THAT(render(), Not(HasSubstr("cost ")));
}

TEST_F(TerminalReport, ShowsWhenTheBeatenDroppedOut) {
  EXPECT_THAT(render(), AllOf(HasSubstr("out after"), HasSubstr("block 12")));
  for (auto& cell : one_.cells) cell.eliminated_after.reset();
  EXPECT_THAT(render(), Not(HasSubstr("out after")));
}

TEST_F(TerminalReport, NamesTheWinnerWithItsLead) {
  EXPECT_THAT(render(), HasSubstr("Use tbb: 2.00 times thread (2.00 to 2.00), ahead of all others "
                                  "by more than 5 % at 95 % confidence."));
}

TEST_F(TerminalReport, OfALatencyItSaysWhoHasTheLongerOne) {
  run_.plan.by = objective::cpu;
  one_ = measured({cell("a", around(100)), cell("b", around(100))});
  for (auto& epoch : one_.cells[0].epochs) epoch.cpu_per_item = 1e-3;
  for (auto& epoch : one_.cells[1].epochs) epoch.cpu_per_item = 2e-3;
  EXPECT_THAT(render(), HasSubstr("Use a: the CPU per item of b is 2.00 times as much"));
}

TEST_F(TerminalReport, ATieThatIsNotSettledIsNotCalledOne) {
  std::vector<double> wild;
  for (int i = 0; i < 30; ++i) wild.push_back(i % 3 == 0 ? 50 : 200);
  one_ = measured({cell("thread", around(120, 30)), cell("tbb", wild)});
  one_.race = race_receipt{.ended = "it was not settled within the budget"};
  EXPECT_THAT(render(),
              AllOf(HasSubstr("Not settled: "), HasSubstr("Until then use "),
                    HasSubstr("It was not settled within the budget"), Not(HasSubstr("A tie"))));
}

TEST_F(TerminalReport, NamesTheExcludedWithTheReason) {
  run_.plan.required.isolate = true;
  one_.cells[1].info.isolates = true;
  one_.cells[2].info.isolates = true;
  const auto text = render();
  EXPECT_THAT(text, HasSubstr("excluded tbb: an item that crashes takes others along."));
  EXPECT_THAT(text, HasSubstr("Use thread"));
}

TEST_F(TerminalReport, WithoutAnyoneWhoKeepsTheConstraintsSaysSoInOneSentence) {
  run_.plan.required.isolate = true;
  EXPECT_THAT(render(), HasSubstr("No recommendation: no approach that gave right answers keeps "
                                  "the constraints."));
  one_.cells.resize(1);
  EXPECT_THAT(render(), HasSubstr("No recommendation: the only approach that gave right answers "
                                  "does not keep the constraints."));
}

TEST_F(TerminalReport, ShowsWhatWasFoundAndWhere) {
  EXPECT_THAT(render(), Not(HasSubstr("found ")));
  one_.cells[1] = with_findings(one_.cells[1], {blocked_loop()});
  EXPECT_THAT(render(),
              HasSubstr("found thread: An event loop was blocked for more than 10 ms 312 times."));
  one_.cells[1].ended = outcome::crashed;
  EXPECT_THAT(render(), Not(HasSubstr("found ")));
}

TEST_F(TerminalReport, ShowsWhatTheItemsMeasured) {
  EXPECT_THAT(render(), Not(HasSubstr("time to first token")));
  one_.cells[0] = with_measures(one_.cells[0], {first_tokens()});
  EXPECT_THAT(render(), HasSubstr("time to first token p50 p90 p99 longest taken tbb 10.0 ms "
                                  "12.5 ms 20.0 ms 31.0 ms 1,200"));
  one_.cells[0].ended = outcome::crashed;
  EXPECT_THAT(render(), Not(HasSubstr("time to first token")));
}

TEST_F(TerminalReport, FitsANarrowTerminal) {
  run_.plan.required.isolate = true;
  one_.cells[1].info.isolates = true;
  one_.race = race_receipt{.ended = "it was not settled within the budget",
                           .epochs = 119,
                           .seconds = 8.4,
                           .fixed_epochs = 310,
                           .fixed_seconds = 22};
  one_.cells[0] = with_findings(one_.cells[0], {blocked_loop()});
  one_.cells[1] = with_measures(one_.cells[1], {first_tokens()});
  for (const std::size_t columns : {60U, 80U, 100U}) {
    render(columns);
    expect_fits(columns);
    EXPECT_THAT(text_, HasSubstr("items/s"));
  }
}

}  // namespace
}  // namespace regatta::test
