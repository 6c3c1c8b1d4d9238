// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>

#include "tests/conformance/executor_laws.hpp"
#include "tests/support/children.hpp"

// What executors of processes promise beyond the others: a crash takes one call along.

namespace regatta::test {
namespace {

using ExecutorCrash = ExecutorLaws;
INSTANTIATE_TEST_SUITE_P(Laws, ExecutorCrash, testing::ValuesIn(process_executor_names()),
                         law_name);

pid_t own_pid() { return ::getpid(); }

int die_if(bool so, int value) {
  if (so) ::raise(SIGKILL);
  return value;
}

std::string broken_text(const auto& answer) {
  try {
    answer.result();
    return "it has a result";
  } catch (const broken_executor& broken) {
    return broken.what();
  }
}

TEST_P(ExecutorCrash, AWorkerThatIsKilledFailsTheCallItWasAtAndSaysHow) {
  const gate closed;
  executor ex = make(1);
  const pid_t worker = ex.submit(own_pid).result();
  const auto lost = ex.submit(pass, closed.path());
  closed.await_begun();
  const auto behind = ex.submit(twice, 4);
  ::kill(worker, SIGKILL);
  EXPECT_EQ(broken_text(lost),
            fmt::format("worker process {} was killed by SIGKILL, which was at this call; other "
                        "calls are not affected",
                        worker));
  EXPECT_EQ(behind.result(), 8);
  EXPECT_NE(ex.submit(own_pid).result(), worker);
}

TEST_P(ExecutorCrash, AFunctionOfASharedLibraryIsRefusedWithTheReason) {
  executor ex = make(1);
  try {
    (void)ex.submit(::getpid);
    ADD_FAILURE() << "it was sent";
  } catch (const cannot_travel& refusal) {
    EXPECT_NE(std::string(refusal.what()).find("shared library"), std::string::npos);
  }
}

TEST_P(ExecutorCrash, OneDeadlyCallAmongManyFailsAlone) {
  for (const unsigned prefetch : {0U, 3U}) {
    executor ex = make({.workers = 2, .prefetch = prefetch});
    std::vector<future<int>> answers;
    for (int i = 0; i < 40; ++i) answers.push_back(ex.submit(die_if, i == 11, i));
    for (int i = 0; i < 40; ++i) {
      if (i == 11) {
        EXPECT_NE(broken_text(answers[i]).find("was killed by SIGKILL"), std::string::npos);
      } else {
        EXPECT_EQ(answers[i].result(), i) << "with " << prefetch << " waiting at a worker";
      }
    }
  }
}

TEST_P(ExecutorCrash, AWorkerThatEndsItselfIsReportedWithItsExitCode) {
  executor ex = make(1);
  const auto ended = ex.submit([] { ::_exit(3); });
  EXPECT_NE(broken_text(ended).find("exited with code 3"), std::string::npos);
  EXPECT_EQ(ex.submit(twice, 1).result(), 2);
}

TEST_P(ExecutorCrash, TheExecutorSurvivesOneCrashAfterTheOther) {
  executor ex = make(2);
  for (int i = 0; i < 8; ++i) {
    EXPECT_NE(broken_text(ex.submit(die_if, true, i)).find("SIGKILL"), std::string::npos);
    EXPECT_EQ(ex.submit(twice, i).result(), 2 * i);
  }
}

TEST_P(ExecutorCrash, AWorkerThatIsKilledWhileItIdlesTakesNoCallAlong) {
  executor ex = make(1);
  const pid_t worker = ex.submit(own_pid).result();
  ::kill(worker, SIGKILL);
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(worker), &info, WEXITED | WNOWAIT);
  EXPECT_EQ(ex.submit(twice, 1).result(), 2);
}

TEST_P(ExecutorCrash, AChunkOfAMapIsLostAsAWhole) {
  executor ex = make(2);
  const auto die_at_five = [](int i) { return die_if(i == 5, i); };
  const auto attempts =
      ex.map(die_at_five, std::vector{0, 1, 2, 3, 4, 5, 6, 7}, {.chunk = 2}).attempts();
  ASSERT_EQ(attempts.size(), 8U);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(attempts[i].has_value(), i != 4 && i != 5) << i;
}

TEST_P(ExecutorCrash, WorkersAreReplacedWhenTheForkServerHasDiedToo) {
  const auto before = all_children();
  executor ex = make(1);
  const pid_t worker = ex.submit(own_pid).result();
  for (const pid_t child : all_children()) {
    const bool ours = std::find(before.begin(), before.end(), child) == before.end();
    if (ours && child != worker) ::kill(child, SIGKILL);
  }
  EXPECT_NE(broken_text(ex.submit(die_if, true, 1)).find("SIGKILL"), std::string::npos);
  EXPECT_EQ(ex.submit(twice, 5).result(), 10);
}

TEST_P(ExecutorCrash, WorkersThatAreStartedAnewServeTheSame) {
  executor ex = make({.workers = 1, .start = "spawn"});
  EXPECT_EQ(ex.submit(twice, 5).result(), 10);
  EXPECT_NE(broken_text(ex.submit(die_if, true, 1)).find("SIGKILL"), std::string::npos);
  EXPECT_EQ(ex.submit(refuse_odd, 6).result(), 6);
}

TEST_P(ExecutorCrash, CtrlCIsTheProgramsBusinessNotTheWorkers) {
  for (const char* const start : {"forkserver", "spawn"}) {
    executor ex = make({.workers = 1, .start = start});
    const pid_t worker = ex.submit(own_pid).result();
    ::kill(worker, SIGINT);
    EXPECT_EQ(ex.submit(own_pid).result(), worker) << start;
  }
}

TEST_P(ExecutorCrash, WaitsOfOtherThreadsEndWithTheWorker) {
  executor ex = make(1);
  const auto lost = ex.submit(die_if, true, 1);
  EXPECT_EQ(wait(std::vector{lost}, return_when::first_exception).done.size(), 1U);
  EXPECT_THROW(std::rethrow_exception(lost.exception()), broken_executor);
}

TEST_P(ExecutorCrash, OptionsThatCannotBeAreRefusedWithASentence) {
  const auto refusal = [](executor_options options) -> std::string {
    try {
      make_executor(GetParam(), options);
      return "accepted";
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
  };
  EXPECT_EQ(refusal({.start = "frok"}),
            "option start is one of fork, forkserver and spawn, not 'frok'");
  EXPECT_EQ(refusal({.start = "fork"}),
            "executors do not fork this process, which may have threads: start is forkserver or "
            "spawn");
  EXPECT_EQ(refusal({.prefetch = 8}), "prefetch is at most 7, not 8");
}

}  // namespace
}  // namespace regatta::test
