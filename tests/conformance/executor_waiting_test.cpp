// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "harness/diagnostics/exception_handler.hpp"
#include "tests/conformance/executor_laws.hpp"

// as_completed(), wait(), timeouts and callbacks.

namespace regatta::test {
namespace {

using ExecutorWaiting = ExecutorLaws;
INSTANTIATE_TEST_SUITE_P(Laws, ExecutorWaiting, testing::ValuesIn(executor_names()), law_name);

TEST_P(ExecutorWaiting, AsCompletedYieldsEachOnce) {
  executor ex = make();
  std::vector<future<int>> all;
  for (int i = 0; i < 40; ++i) all.push_back(ex.submit(refuse_odd, i));
  std::multiset<int> seen;
  int threw = 0;
  for (const future<int>& each : as_completed(all)) {
    EXPECT_TRUE(each.done());
    if (each.exception() != nullptr) {
      ++threw;
    } else {
      seen.insert(each.result());
    }
  }
  EXPECT_EQ(threw, 20);
  EXPECT_EQ(seen.size(), 20U);
  EXPECT_EQ(std::set<int>(seen.begin(), seen.end()).size(), 20U);
}

TEST_P(ExecutorWaiting, AsCompletedOfNoneEndsAtOnce) {
  auto none = as_completed(std::vector<future<int>>());
  EXPECT_TRUE(none.begin() == none.end());
}

TEST_P(ExecutorWaiting, AsCompletedTakesTheReadyOnesBeforeTheOthers) {
  NEEDS_A_PENDING_CALL();
  const gate closed;
  executor ex = make(info().one_at_a_time ? 1 : 2);
  const auto ready = ex.submit(pass, closed.path());
  closed.await_begun();
  closed.open();
  ready.result();
  const auto slow = ex.submit(pass, closed.path());
  closed.await_begun();
  std::vector<bool> order;
  for (const auto& each : as_completed(std::vector{slow, ready})) {
    order.push_back(each == ready);
    if (each == ready) closed.open();
  }
  EXPECT_EQ(order, (std::vector<bool>{true, false}));
}

TEST_P(ExecutorWaiting, AsCompletedThrowsWhenTheTimeIsUpAndCancelsNothing) {
  NEEDS_A_PENDING_CALL();
  const gate closed;
  executor ex = make();
  const auto slow = ex.submit(pass, closed.path());
  closed.await_begun();
  auto waiting = as_completed(std::vector{slow}, 10ms);
  try {
    waiting.begin();
    ADD_FAILURE() << "it did not throw";
  } catch (const timeout_error& late) {
    EXPECT_STREQ(late.what(), "1 of 1 futures had not finished when the time was up");
  }
  closed.open();
  EXPECT_GT(slow.result(), 0);
}

TEST_P(ExecutorWaiting, WaitForTheFirstLeavesTheOthersAlone) {
  NEEDS_A_PENDING_CALL();
  const gate closed;
  executor ex = make(1);
  const auto fast = ex.submit(pass, closed.path());
  closed.await_begun();
  const auto slow = ex.submit(pass, closed.path());
  closed.open();
  const auto [done, not_done] = wait(std::vector{slow, fast}, return_when::first_completed);
  ASSERT_EQ(done.size(), 1U);
  EXPECT_TRUE(done.front() == fast);
  ASSERT_EQ(not_done.size(), 1U);
  EXPECT_TRUE(not_done.front() == slow);
  closed.await_begun();
  closed.open();
}

TEST_P(ExecutorWaiting, WaitForTheFirstExceptionPassesOverResults) {
  NEEDS_A_PENDING_CALL();
  const gate closed;
  executor ex = make(2);
  const auto good = ex.submit(twice, 1);
  const auto bad = ex.submit(refuse_odd, 1);
  const auto slow = ex.submit(pass, closed.path());
  const auto [done, not_done] = wait(std::vector{slow, good, bad}, return_when::first_exception);
  EXPECT_TRUE(std::find(done.begin(), done.end(), bad) != done.end());
  EXPECT_TRUE(std::find(not_done.begin(), not_done.end(), slow) != not_done.end());
  closed.await_begun();
  closed.open();
  const auto all = wait(std::vector{slow, good}, return_when::first_exception);
  EXPECT_EQ(all.done.size(), 2U) << "none threw: it is all of them";
}

TEST_P(ExecutorWaiting, WaitForAllComesBackWithAll) {
  executor ex = make();
  std::vector<future<int>> all;
  for (int i = 0; i < 20; ++i) all.push_back(ex.submit(refuse_odd, i));
  const auto [done, not_done] = wait(all);
  EXPECT_EQ(done.size(), 20U);
  EXPECT_TRUE(not_done.empty());
  EXPECT_TRUE(std::equal(done.begin(), done.end(), all.begin())) << "in the order given";
}

TEST_P(ExecutorWaiting, WaitForNothingComesBackAtOnce) {
  for (const auto mode :
       {return_when::first_completed, return_when::first_exception, return_when::all_completed}) {
    EXPECT_TRUE(wait(std::vector<future<int>>(), mode).done.empty());
  }
}

TEST_P(ExecutorWaiting, ATimeoutOfWaitSortsAndCancelsNothing) {
  NEEDS_A_PENDING_CALL();
  const gate closed;
  executor ex = make(1);
  const auto slow = ex.submit(pass, closed.path());
  closed.await_begun();
  const auto behind = ex.submit(pass, closed.path());
  const auto none = wait(std::vector{slow, behind}, return_when::all_completed, 10ms);
  EXPECT_TRUE(none.done.empty());
  EXPECT_EQ(none.not_done.size(), 2U);
  EXPECT_FALSE(behind.cancelled());
  closed.open();
  closed.await_begun();
  closed.open();
  EXPECT_EQ(wait(std::vector{slow, behind}).done.size(), 2U);
}

TEST_P(ExecutorWaiting, ATimeoutOfResultCancelsNothing) {
  NEEDS_A_PENDING_CALL();
  const gate closed;
  executor ex = make();
  const auto slow = ex.submit(pass, closed.path());
  EXPECT_THROW(slow.result(5ms), timeout_error);
  EXPECT_THROW((void)slow.exception(5ms), timeout_error);
  EXPECT_FALSE(slow.cancelled());
  closed.await_begun();
  closed.open();
  EXPECT_GT(slow.result(10s), 0);
}

TEST_P(ExecutorWaiting, ACallbackIsCalledOnceWhenItIsDone) {
  NEEDS_A_PENDING_CALL();
  const gate closed;
  executor ex = make();
  const auto slow = ex.submit(pass, closed.path());
  closed.await_begun();
  std::atomic<int> calls{0};
  std::atomic<bool> was_done{false};
  std::atomic<bool> was_same{false};
  slow.add_done_callback([&, expected = slow](const future<pid_t>& finished) {
    ++calls;
    was_done = finished.done() && finished.result() > 0;
    was_same = finished == expected;
  });
  EXPECT_EQ(calls, 0);
  closed.open();
  slow.result();
  ex.shutdown();  // waits for callbacks
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(was_done);
  EXPECT_TRUE(was_same);
}

TEST_P(ExecutorWaiting, ACallbackAddedToWhatIsDoneIsCalledAtOnceAndHere) {
  executor ex = make();
  const auto done = ex.submit(twice, 4);
  done.result();
  std::thread::id where;
  done.add_done_callback([&](const future<int>&) { where = std::this_thread::get_id(); });
  EXPECT_EQ(where, std::this_thread::get_id());
}

TEST_P(ExecutorWaiting, CallbacksAreCalledInTheOrderInWhichTheyWereAdded) {
  NEEDS_A_PENDING_CALL();
  const gate closed;
  executor ex = make();
  const auto slow = ex.submit(pass, closed.path());
  closed.await_begun();
  std::mutex mutex;
  std::vector<int> order;
  for (int i = 0; i < 5; ++i) {
    slow.add_done_callback([&, i, owned = std::make_unique<int>(i)](const auto&) {
      const std::lock_guard lock(mutex);
      order.push_back(i);
    });
  }
  closed.open();
  ex.shutdown();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST_P(ExecutorWaiting, AnExceptionOfACallbackIsReportedAndStopsNoOther) {
  std::mutex mutex;
  std::vector<std::string> reported;
  const auto before = set_exception_handler([&](const exception_context& lost) {
    const std::lock_guard lock(mutex);
    reported.push_back(lost.message);
  });
  std::atomic<int> calls{0};
  {
    executor ex = make();
    const auto answer = ex.submit(twice, 1);
    for (int i = 0; i < 2; ++i) {
      answer.add_done_callback([&](const auto&) {
        ++calls;
        throw std::runtime_error("callback trouble");
      });
    }
    EXPECT_EQ(answer.result(), 2);
  }
  set_exception_handler(before);
  EXPECT_EQ(calls, 2);
  ASSERT_EQ(reported.size(), 2U);
  EXPECT_EQ(reported.front(),
            "a done-callback of a future threw std::runtime_error: callback trouble");
}

TEST_P(ExecutorWaiting, ACallbackMaySubmit) {
  executor ex = make();
  std::mutex mutex;
  std::vector<future<int>> more;
  std::vector<future<int>> first;
  for (int i = 0; i < 20; ++i) {
    first.push_back(ex.submit(twice, i));
    first.back().add_done_callback([&](const future<int>& done) {
      const std::lock_guard lock(mutex);
      more.push_back(ex.submit(twice, done.result()));
    });
  }
  wait(first);
  std::atomic<bool> all_there{false};
  while (!all_there) {  // result() may be seen before the callback has run
    const std::lock_guard lock(mutex);
    all_there = more.size() == first.size();
  }
  int sum = 0;
  for (const auto& each : more) sum += each.result();
  EXPECT_EQ(sum, 4 * 190);
}

TEST_P(ExecutorWaiting, ACancelledFutureCallsItsCallbacks) {
  NEEDS_A_PENDING_CALL();
  const gate closed;
  executor ex = make(1);
  const auto busy = ex.submit(pass, closed.path());
  closed.await_begun();
  auto never = ex.submit(twice, 1);
  bool told = false;
  never.add_done_callback([&](const future<int>& of) { told = of.cancelled() && of.done(); });
  EXPECT_TRUE(never.cancel());
  EXPECT_TRUE(told) << "by the thread that cancels";
  closed.open();
}

}  // namespace
}  // namespace regatta::test
