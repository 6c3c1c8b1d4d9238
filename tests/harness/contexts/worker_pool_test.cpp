// SPDX-License-Identifier: Apache-2.0
#include "harness/contexts/worker_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <deque>
#include <memory>
#include <stdexcept>
#include <string>

#include "harness/platform/affinity.hpp"

namespace regatta {
namespace {

struct noting_job final : worker_pool::job {
  noting_job(std::vector<int>& notes, int number) : notes(notes), number(number) {}
  void run() noexcept override { notes.push_back(number); }
  std::vector<int>& notes;
  int number;
};

TEST(WorkerPool, OneWorkerTakesJobsInTheOrderTheyCame) {
  std::vector<int> notes;
  std::deque<noting_job> jobs;
  {
    worker_pool pool(1, {});
    for (int i = 0; i < 100; ++i) pool.submit(jobs.emplace_back(notes, i));
  }
  ASSERT_EQ(notes.size(), 100U) << "the destructor waits for submitted jobs";
  for (int i = 0; i < 100; ++i) EXPECT_EQ(notes[static_cast<std::size_t>(i)], i);
}

struct meeting_job final : worker_pool::job {
  explicit meeting_job(std::barrier<>& all) : all(all) {}
  void run() noexcept override { all.arrive_and_wait(); }
  std::barrier<>& all;
};

TEST(WorkerPool, AllWorkersWorkAtOnce) {
  // Ends only if three jobs are in progress at the same time, every round.
  std::barrier<> all(3);
  std::deque<meeting_job> jobs;
  worker_pool pool(3, {});
  for (int i = 0; i < 300; ++i) pool.submit(jobs.emplace_back(all));
}

async_task<void> ask(worker_pool& pool, event_loop& loop, std::thread::id& worked_on, int& answer) {
  answer = co_await offload(pool, loop, [&worked_on] {
    worked_on = std::this_thread::get_id();
    return 42;
  });
  EXPECT_NE(std::this_thread::get_id(), worked_on) << "resumes on the loop";
}

TEST(Offload, RunsOnThePoolAndComesBackToTheLoop) {
  event_loop loop;
  worker_pool pool(1, {});
  std::thread::id worked_on;
  int answer = 0;
  loop.start(ask(pool, loop, worked_on, answer));
  loop.run();
  EXPECT_EQ(answer, 42);
  EXPECT_NE(worked_on, std::this_thread::get_id());
  EXPECT_NE(worked_on, std::thread::id());
}

TEST(Offload, BringsMoveOnlyValuesAndExceptionsBack) {
  event_loop loop;
  worker_pool pool(1, {});
  std::unique_ptr<int> got;
  std::string said;
  const auto body = [&]() -> async_task<void> {
    got = co_await offload(pool, loop, [] { return std::make_unique<int>(5); });
    try {
      (void)co_await offload(pool, loop, []() -> int { throw std::runtime_error("in the pool"); });
    } catch (const std::runtime_error& error) {
      said = error.what();
    }
  };
  loop.start(body());
  loop.run();
  ASSERT_TRUE(got);
  EXPECT_EQ(*got, 5);
  EXPECT_EQ(said, "in the pool");
}

TEST(Offload, ManyAtOnceAllComeBack) {
  event_loop loop;
  worker_pool pool(3, {});
  std::uint64_t sum = 0;
  const auto body = [&](std::uint64_t i) -> async_task<void> {
    for (int round = 0; round < 20; ++round) {
      sum += co_await offload(pool, loop, [i] { return i; });
    }
  };
  for (std::uint64_t i = 0; i < 100; ++i) loop.start(body(i));
  loop.run();
  EXPECT_EQ(sum, 20U * 4950U);
}

}  // namespace
}  // namespace regatta
