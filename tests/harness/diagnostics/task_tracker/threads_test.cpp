// SPDX-License-Identifier: Apache-2.0
// Many tasks on four threads, watched while they run: TSan and the count at the end decide.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <random>
#include <thread>
#include <vector>

#include "harness/diagnostics/task_tracker/expect_no_leaked_tasks.hpp"
#include "harness/diagnostics/task_tracker/registry.hpp"
#include "harness/diagnostics/task_tracker/snapshot.hpp"
#include "harness/diagnostics/task_tracker/tasks.hpp"

namespace regatta {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;
using namespace asio::experimental::awaitable_operators;

awaitable<int> random_tree(std::minstd_rand random, int depth, std::atomic<int>& ended) {
  int sum = 1;
  for (unsigned i = random() % 4; i > 0 && depth > 0; --i) {
    switch (random() % 5) {
      case 0:
        sum += co_await random_tree(std::minstd_rand(random()), depth - 1, ended);
        break;
      case 1:
        co_await asio::post(use_awaitable);
        break;
      case 2:
        co_await asio::post(asio::deferred);
        break;
      case 3: {
        auto kept = random_tree(std::minstd_rand(random()), depth - 1, ended);
        co_await asio::post(use_awaitable);
        sum += co_await std::move(kept);
        break;
      }
      default: {
        auto [left, right] = co_await (random_tree(std::minstd_rand(random()), depth - 1, ended) &&
                                       random_tree(std::minstd_rand(random()), depth - 1, ended));
        sum += left + right;
      }
    }
  }
  ++ended;
  co_return sum;
}

TEST(ManyTasks, OnFourThreadsAreAllSeenToEnd) {
  expect_no_leaked_tasks check;
  constexpr int roots = 500;
  asio::io_context io(4);
  std::atomic<int> ended{0};
  std::atomic<int> sum{0};
  for (int i = 0; i < roots; ++i) {
    asio::co_spawn(asio::make_strand(io), random_tree(std::minstd_rand(i + 1), 5, ended),
                   [&](std::exception_ptr thrown, int value) {
                     EXPECT_FALSE(thrown);
                     sum += value;
                   });
  }
  std::atomic<bool> done{false};
  std::size_t most = 0;
  std::thread watcher([&] {
    while (!done) most = std::max(most, internal::own_records().size());
  });
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { io.run(); });
  for (std::thread& thread : threads) thread.join();
  done = true;
  watcher.join();
  EXPECT_EQ(sum, ended);
  EXPECT_GT(ended, roots);
  EXPECT_GE(most, 1U);
}

TEST(ManyTasks, MadeOnOneThreadAndEndedOnAnotherReuseTheirRecords) {
  const auto used = [] { return internal::own_registry()->used.load(); };
  const auto leaf = []() -> awaitable<void> { co_return; };
  std::uint64_t after_first = 0;
  for (int round = 0; round < 20; ++round) {
    asio::io_context io(1);
    for (int i = 0; i < 1000; ++i) asio::co_spawn(io, leaf(), asio::detached);
    std::thread([&] { io.run(); }).join();
    if (round == 0) after_first = used();
  }
  EXPECT_LT(used(), after_first + 1000) << "a thread keeps what it frees";
}

TEST(ManyTasks, MayEndAfterTheThreadsOwnEnd) {
  expect_no_leaked_tasks check;
  const auto leaf = []() -> awaitable<void> { co_return; };
  std::thread([&] {
    static thread_local std::unique_ptr<asio::io_context> until_thread_end;
    until_thread_end = std::make_unique<asio::io_context>(1);  // before the tracker's own
    asio::co_spawn(*until_thread_end, leaf(), asio::detached);
  }).join();
}

}  // namespace
}  // namespace regatta
