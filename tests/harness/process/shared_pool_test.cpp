// SPDX-License-Identifier: Apache-2.0
#include "harness/process/shared_pool.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/harness/process/pool_setup.hpp"
#include "tests/support/children.hpp"

namespace regatta::test {
namespace {

using namespace std::chrono_literals;

class SharedPool : public ::testing::Test {
 protected:
  epoch_result serve(shared_pool& pool, std::uint64_t first, std::uint64_t count,
                     unsigned outstanding = 4) {
    epoch_plan plan;
    plan.first_index = first;
    plan.item_limit = count;
    epoch slice(plan, made_.key);
    pool.run(slice, outstanding);
    return slice.finish();
  }
  backend_facts facts(const shared_pool& pool) const {
    backend_facts facts{.workers = 0};
    pool.add_facts(facts);
    return facts;
  }

  const pool_setup made_;
};

TEST_F(SharedPool, ItemsAreAnsweredRight) {
  shared_pool pool(made_.setup, 2, {}, 0ns);
  for (const unsigned outstanding : {1U, 2U, 4U, 8U}) {
    const auto result = serve(pool, 5, 30, outstanding);
    EXPECT_EQ(result.items, 30U);
    EXPECT_EQ(result.wrong, 0U);
    EXPECT_EQ(result.failures, 0U) << result.first_failure;
    EXPECT_EQ(result.accounting_error, "");
  }
  EXPECT_EQ(facts(pool).workers, 2U);
}

TEST_F(SharedPool, MoreItemsOutstandingThanItsRingsHoldAreNoTrouble) {
  // In a child, and not for long: an answer that is lost is waited for for ever.
  EXPECT_EXIT(
      {
        ::alarm(120);  // a busy machine with ThreadSanitizer took more than 20 s
        shared_pool pool(made_.setup, 2, {}, 0ns);
        bool right = true;
        for (int round = 0; round < 10; ++round) {
          const auto result = serve(pool, 5, 100, 64);
          right = right && result.items == 100 && result.wrong == 0;
        }
        std::_Exit(right ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

TEST_F(SharedPool, ItemsAreAnsweredRightWhileItSpins) {
  shared_pool pool(made_.setup, 1, {}, 50us);
  EXPECT_EQ(serve(pool, 0, 10).wrong, 0U);
}

TEST_F(SharedPool, AnAnswerInADifferentPlaceIsNoticed) {
  shared_pool pool(made_.setup, 2, {}, 0ns);
  auto shifted = made_.key;
  std::rotate(shifted.begin(), shifted.begin() + 1, shifted.end());
  epoch_plan plan;
  plan.item_limit = 6;
  epoch slice(plan, shifted);
  pool.run(slice, 4);
  EXPECT_EQ(slice.finish().wrong, 6U);
}

TEST_F(SharedPool, OnlyDescriptorsAreSerialised) {
  shared_pool pool(made_.setup, 1, {}, 0ns);
  serve(pool, 0, 10);
  EXPECT_GT(facts(pool).bytes_serialised, 0U);
  EXPECT_LE(facts(pool).bytes_serialised, 10U * 128U) << "of items of 32 KiB";
}

TEST_F(SharedPool, AnExceptionsTextComesBack) {
  shared_pool pool(made_.setup, 1, {}, 0ns);
  const auto result = serve(pool, throwing_index, 8);
  EXPECT_EQ(result.failures, 1U);
  EXPECT_EQ(result.first_failure, "item 1000002 will not");
  EXPECT_EQ(result.accounting_error, "");
  EXPECT_EQ(facts(pool).workers_lost, 0U);
}

TEST_F(SharedPool, AKilledWorkerLosesOnlyTheItemItWasAt) {
  for (const unsigned workers : {1U, 2U}) {
    shared_pool pool(made_.setup, workers, {}, 0ns);
    const auto result = serve(pool, deadly_index - 10, 11, 8);
    EXPECT_EQ(result.failures, 1U);
    EXPECT_EQ(result.items, 10U);
    EXPECT_EQ(result.wrong, 0U);
    EXPECT_EQ(result.accounting_error, "");
    EXPECT_NE(result.first_failure.find("was killed by SIGKILL"), std::string::npos)
        << result.first_failure;
    EXPECT_EQ(facts(pool).workers_lost, 1U);
    EXPECT_EQ(serve(pool, 0, 20).items, 20U) << "its replacement serves";
  }
}

TEST_F(SharedPool, ItemsBehindTheDeadlyOneAreServedByOthers) {
  shared_pool pool(made_.setup, 1, {}, 0ns);
  const auto result = serve(pool, deadly_index, 1, 4);
  EXPECT_EQ(result.failures, 1U);
  const auto more = serve(pool, deadly_index, 6, 4);  // the deadly one, then five behind it
  EXPECT_EQ(more.failures, 2U) << "the deadly and the throwing one";
  EXPECT_EQ(more.items, 4U);
  EXPECT_EQ(more.accounting_error, "");
}

TEST_F(SharedPool, AWorkerKilledWhileItIdlesTakesNoItemWithIt) {
  const auto before = all_children();
  shared_pool pool(made_.setup, 1, {}, 0ns);
  const pid_t worker = child_since(before);
  EXPECT_EQ(serve(pool, 0, 4).items, 4U);
  ASSERT_NE(worker, 0);
  kill_unseen(worker);
  const auto result = serve(pool, 0, 4);
  EXPECT_EQ(result.failures, 0U) << "it was at none: " << result.first_failure;
  EXPECT_EQ(result.accounting_error, "");
}

TEST_F(SharedPool, AnAnswerLongerThanItsSlotFailsAndDoesNotOverflow) {
  backend_setup narrow = made_.setup;
  narrow.max_answer_bytes = 1;  // slots are 4 KiB at least; answers of tokenize are longer
  shared_pool pool(narrow, 1, {}, 0ns);
  const auto result = serve(pool, 0, 3);
  EXPECT_EQ(result.failures, 3U);
  EXPECT_NE(result.first_failure.find("the reference's longest was 1"), std::string::npos)
      << result.first_failure;
}

TEST_F(SharedPool, AnOpenLoopWaitsForItsArrivals) {
  shared_pool pool(made_.setup, 1, {}, 0ns);
  epoch_plan plan;
  plan.rate = 1000;
  plan.item_limit = 20;
  epoch slice(plan, made_.key);
  pool.run(slice, 4);
  const auto result = slice.finish();
  EXPECT_EQ(result.items + result.unserved, 20U);
  EXPECT_EQ(result.unserved, 0U);
  EXPECT_EQ(result.wrong, 0U);
}

TEST_F(SharedPool, NoProcessOutlivesThePool) {
  const auto before = all_children();
  {
    shared_pool pool(made_.setup, 3, {}, 0ns);
    EXPECT_EQ(all_children().size(), before.size() + 3);
  }
  EXPECT_EQ(all_children(), before);
}

}  // namespace
}  // namespace regatta::test
