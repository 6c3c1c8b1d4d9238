// SPDX-License-Identifier: Apache-2.0
#include "harness/process/process_pool.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/harness/process/pool_setup.hpp"
#include "tests/support/children.hpp"

namespace regatta::test {
namespace {

using fate = remote_answer::fate;

buffer echo(bytes_view dataset, bytes_view input) {
  buffer answer = to_buffer(input);
  append(answer, static_cast<std::uint64_t>(dataset.size()));
  return answer;
}
buffer refuse(bytes_view, bytes_view input) {
  throw std::runtime_error("refused " + std::string(as_text(input)));
}
buffer die(bytes_view, bytes_view) {
  ::kill(::getpid(), SIGKILL);
  return {};
}

void drive(event_loop& loop, const std::function<async_task<void>()>& body) {
  loop.start(body());
  loop.run();
}

class ProcessPool : public ::testing::TestWithParam<const char*> {
 protected:
  // The fork server comes first, while this process is small.
  ProcessPool()
      : method_(parse_start_method(GetParam())),
        made_(method_ == start_method::forkserver ? std::make_shared<fork_server>() : nullptr) {}

  backend_facts facts(const process_pool& pool) const {
    backend_facts facts{.workers = 0};
    pool.add_facts(facts);
    return facts;
  }

  const start_method method_;
  const pool_setup made_;
  event_loop loop_;
};
INSTANTIATE_TEST_SUITE_P(Start, ProcessPool, ::testing::Values("fork", "forkserver", "spawn"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(ProcessPool, ItemsAreAnsweredInOrderAndRight) {
  process_pool pool(loop_, made_.setup, method_, 2, {});
  std::vector<remote_answer> answers;
  std::vector<item> items;
  for (std::uint64_t i = 0; i < 5; ++i) items.push_back(made_.item_at(i));
  drive(loop_, [&]() -> async_task<void> { answers = co_await pool.run_items(items); });
  ASSERT_EQ(answers.size(), 5U);
  for (std::uint64_t i = 0; i < 5; ++i) {
    EXPECT_EQ(answers[i].outcome, fate::answered);
    EXPECT_EQ(digest_of(answers[i].bytes), made_.expected(i));
  }
}

TEST_P(ProcessPool, ManyCallsAtOnceEachGetTheirOwnAnswer) {
  process_pool pool(loop_, made_.setup, method_, 2, {});
  std::uint64_t right = 0;
  const auto caller = [&](std::uint64_t first) -> async_task<void> {
    for (std::uint64_t i = first; i < 40; i += 8) {
      const item one = made_.item_at(i);
      const auto answers = co_await pool.run_items(std::span(&one, 1));
      right += digest_of(answers.front().bytes) == made_.expected(i);
    }
  };
  for (std::uint64_t i = 0; i < 8; ++i) loop_.start(caller(i));
  loop_.run();
  EXPECT_EQ(right, 40U);
}

TEST_P(ProcessPool, AKernelGetsTheDatasetAndItsInput) {
  process_pool pool(loop_, made_.setup, method_, 1, {});
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{3} << 20U}) {
    const buffer input(size, std::byte{7});
    remote_answer answer;
    drive(loop_, [&]() -> async_task<void> { answer = co_await pool.run_kernel(echo, input); });
    ASSERT_EQ(answer.outcome, fate::answered) << as_text(answer.bytes);
    EXPECT_EQ(answer.bytes, echo(made_.setup.dataset, input)) << size << " bytes";
  }
}

TEST_P(ProcessPool, AnExceptionsTextComesBackAndTheWorkerStays) {
  process_pool pool(loop_, made_.setup, method_, 1, {});
  remote_answer first;
  remote_answer second;
  drive(loop_, [&]() -> async_task<void> {
    first = co_await pool.run_kernel(refuse, as_bytes("this"));
    second = co_await pool.run_kernel(echo, as_bytes("that"));
  });
  EXPECT_EQ(first.outcome, fate::threw);
  EXPECT_EQ(as_text(first.bytes), "refused this");
  EXPECT_EQ(second.outcome, fate::answered);
  EXPECT_EQ(facts(pool).workers_lost, 0U);
}

TEST_P(ProcessPool, AKilledWorkerLosesOnlyTheCallItWasAt) {
  process_pool pool(loop_, made_.setup, method_, 1, {});
  std::vector<remote_answer> answers(5);
  const auto call = [&](std::size_t i) -> async_task<void> {
    answers[i] = co_await pool.run_kernel(i == 1 ? die : echo, as_bytes("x"));
  };
  for (std::size_t i = 0; i < 5; ++i) loop_.start(call(i));
  loop_.run();
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(answers[i].outcome, i == 1 ? fate::lost : fate::answered) << "call " << i;
  }
  const std::string said(as_text(answers[1].bytes));
  EXPECT_NE(said.find("worker process"), std::string::npos) << said;
  EXPECT_NE(said.find("was killed by SIGKILL"), std::string::npos) << said;
  EXPECT_GE(facts(pool).workers_lost, 1U);
  EXPECT_EQ(facts(pool).workers, 1U) << "it was replaced";
}

TEST_P(ProcessPool, AKilledWorkerDoesNotDisturbTheOther) {
  process_pool pool(loop_, made_.setup, method_, 2, {});
  std::vector<fate> fates(12);
  const auto call = [&](std::size_t i) -> async_task<void> {
    fates[i] = (co_await pool.run_kernel(i == 4 ? die : echo, as_bytes("x"))).outcome;
  };
  for (std::size_t i = 0; i < fates.size(); ++i) loop_.start(call(i));
  loop_.run();
  EXPECT_EQ(std::count(fates.begin(), fates.end(), fate::answered), 11);
}

TEST_P(ProcessPool, AWorkerKilledWhileItIdlesTakesNoCallWithIt) {
  process_pool pool(loop_, made_.setup, method_, 1, {});
  std::vector<pid_t> children = all_children();
  remote_answer answer;
  drive(loop_,
        [&]() -> async_task<void> { answer = co_await pool.run_kernel(echo, as_bytes("x")); });
  ASSERT_EQ(answer.outcome, fate::answered);
  ASSERT_FALSE(children.empty());
  kill_unseen(children.back());
  drive(loop_,
        [&]() -> async_task<void> { answer = co_await pool.run_kernel(echo, as_bytes("x")); });
  EXPECT_EQ(answer.outcome, fate::answered) << "it was at none: " << as_text(answer.bytes);
}

TEST_P(ProcessPool, NoProcessOutlivesThePool) {
  const auto before = all_children();
  {
    process_pool pool(loop_, made_.setup, method_, 2, {});
    EXPECT_EQ(all_children().size(), before.size() + 2);
  }
  EXPECT_EQ(all_children(), before);
}

TEST_P(ProcessPool, CountsTheDatasetOnlyWhereItWasSent) {
  process_pool pool(loop_, made_.setup, method_, 2, {});
  const auto known = facts(pool);
  EXPECT_EQ(known.startup_bytes_copied,
            method_ == start_method::fork ? 0 : 2 * made_.setup.dataset.size());
  EXPECT_EQ(known.bytes_serialised, 0U);
}

TEST(StartMethod, AnUnknownOneIsRefusedWithTheListOfAll) {
  try {
    parse_start_method("frok");
    ADD_FAILURE() << "accepted";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "option start is one of fork, forkserver and spawn, not 'frok'");
  }
}

}  // namespace
}  // namespace regatta::test
