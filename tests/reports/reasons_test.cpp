// SPDX-License-Identifier: Apache-2.0
#include "reports/reasons.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reports/measured.hpp"

namespace regatta::test {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> because(std::vector<cell_result> cells) {
  run_result run;
  run.plan.race = false;
  return recommend(measured(std::move(cells)), run).because;
}

constexpr const char* on_the_loop = "on its event loop";

TEST(ReasonsBlockedLoops, NameWhoComputedAndOneThatHadNone) {
  EXPECT_THAT(because({with_findings(cell("coroutine", around(100)), {blocked_loop()}),
                       with_findings(cell("coroutine+process", around(200)), {}),
                       with_findings(cell("coroutine+thread", around(150)), {}),
                       cell("thread", around(180))}),
              Contains("coroutine computed on its event loop: 312 stretches over 10.0 ms, the "
                       "longest 41.2 ms, 9.31 s in all, in encode at tokenize.cpp:88; "
                       "coroutine+process had none."));
}

TEST(ReasonsBlockedLoops, SpeakOfTheBestPlacedOfThem) {
  EXPECT_THAT(because({with_findings(cell("coroutine", around(100)), {blocked_loop()}),
                       with_findings(cell("coroutine-mt", around(200)), {blocked_loop()}),
                       cell("thread", around(50))}),
              Contains(HasSubstr("coroutine-mt computed on its event loop: 312 stretches")));
}

TEST(ReasonsBlockedLoops, DoWithoutWhatIsNotKnown) {
  finding bare = blocked_loop();
  bare.stretches = 1;
  bare.function.clear();
  bare.place.clear();
  EXPECT_THAT(
      because({with_findings(cell("coroutine", around(100)), {bare}), cell("thread", around(200))}),
      Contains("coroutine computed on its event loop: a stretch over 10.0 ms, the longest "
               "41.2 ms, 9.31 s in all."));
}

TEST(ReasonsBlockedLoops, SayNothingWhereItDecidesNothing) {
  const auto rivals = [](const std::vector<finding>& found) {
    return because({with_findings(cell("coroutine", around(100)), found),
                    with_findings(cell("coroutine+process", around(200)), {})});
  };
  EXPECT_THAT(rivals({}), Each(Not(HasSubstr(on_the_loop))));
  finding waited = blocked_loop();
  waited.cause = "waiting for a CPU";  // it is the machine that was slow
  EXPECT_THAT(rivals({waited}), Each(Not(HasSubstr(on_the_loop))));
  finding seldom = blocked_loop();
  seldom.blocked = 0.1;  // of twenty seconds
  EXPECT_THAT(rivals({seldom}), Each(Not(HasSubstr(on_the_loop))));
  cell_result dead = with_findings(cell("coroutine", around(100)), {blocked_loop()});
  dead.ended = outcome::crashed;
  EXPECT_THAT(because({dead, cell("thread", around(200))}), Each(Not(HasSubstr(on_the_loop))));
}

}  // namespace
}  // namespace regatta::test
