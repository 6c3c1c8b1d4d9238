// SPDX-License-Identifier: Apache-2.0
#include "tools/stall_verdict.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/exit_codes.hpp"

namespace regatta::test {
namespace {

using namespace profiling;
using namespace std::chrono_literals;
using testing::HasSubstr;

blocked_stretch stretch(std::chrono::nanoseconds duration, share_kind kind,
                        std::chrono::nanoseconds share) {
  blocked_stretch made;
  made.loop = "epoll 5";
  made.duration = duration;
  made.ledger = {{.kind = kind, .time = share}};
  return made;
}

profile_result watched(std::vector<blocked_stretch> stretches) {
  profile_result result;
  result.threshold = 20ms;
  loop_profile& loop = result.loops.emplace_back();
  loop.stretches = std::move(stretches);
  return result;
}

TEST(StallVerdict, IsGoodWhereNoCallbackTookTooLong) {
  const stall_verdict verdict = judge_stalls(watched({}), "20ms");
  EXPECT_EQ(verdict.code, exit_fine);
  EXPECT_EQ(verdict.worst, nullptr);
  EXPECT_EQ(verdict.sentence, "");
}

TEST(StallVerdict, NamesTheLongestOfWhatTheProgramDidItself) {
  const profile_result result = watched({stretch(30ms, share_kind::user_cpu, 30ms),
                                         stretch(80ms, share_kind::system_call, 80ms),
                                         stretch(50ms, share_kind::user_cpu, 50ms)});
  const stall_verdict verdict = judge_stalls(result, "20ms");
  EXPECT_EQ(verdict.code, exit_regression);
  ASSERT_NE(verdict.worst, nullptr);
  EXPECT_EQ(verdict.worst->duration, 80ms);
  EXPECT_EQ(verdict.sentence, "epoll 5 was kept waiting for longer than 20ms");
}

TEST(StallVerdict, DoesNotBlameTheProgramForItsMachine) {
  const stall_verdict idle = judge_stalls(watched({stretch(90ms, share_kind::run_queue, 75ms),
                                                   stretch(900ms, share_kind::stopped, 899ms)}),
                                          "20ms");
  EXPECT_EQ(idle.code, exit_fine);
  EXPECT_EQ(judge_stalls(watched({stretch(90ms, share_kind::run_queue, 60ms)}), "20ms").code,
            exit_regression)
      << "30 ms of it were its own";
}

TEST(StallVerdict, IsAnErrorWhereNothingCanBeSaid) {
  const stall_verdict nothing = judge_stalls({}, "20ms");
  EXPECT_EQ(nothing.code, exit_error);
  EXPECT_THAT(nothing.sentence, HasSubstr("no loop was found"));
  profile_result failed = watched({});
  failed.process_end = "exited with code 0";
  EXPECT_EQ(judge_stalls(failed, "20ms").code, exit_fine);
  failed.process_end = "was killed by signal 11";
  const stall_verdict verdict = judge_stalls(failed, "20ms");
  EXPECT_EQ(verdict.code, exit_error);
  EXPECT_THAT(verdict.sentence, HasSubstr("but the command was killed by signal 11"));
}

TEST(StallVerdict, AStallCountsMoreThanHowTheCommandEnded) {
  profile_result failed = watched({stretch(30ms, share_kind::user_cpu, 30ms)});
  failed.process_end = "exited with code 1";
  EXPECT_EQ(judge_stalls(failed, "20ms").code, exit_regression);
}

}  // namespace
}  // namespace regatta::test
