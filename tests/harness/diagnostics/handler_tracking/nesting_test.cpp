// SPDX-License-Identifier: Apache-2.0
// Loops inside of handlers, and threads that come and go.
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio.hpp>
#include <memory>
#include <optional>
#include <set>
#include <thread>

#include "harness/diagnostics/handler_tracking/loop_metrics.hpp"
#include "tests/harness/diagnostics/handler_tracking/handler_tests.hpp"

namespace regatta {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

struct seen_slot {
  std::uint32_t depth;
  const void* context;
  std::uint64_t trail;
  std::uint64_t since;

  static seen_slot now() {
    const internal::tracked_thread& thread = internal::this_tracked_thread();
    return {thread.depth.load(), thread.context.load(), thread.trail.load(), thread.since.load()};
  }
};

TEST(Nesting, TheInnerHandlerIsTheOneShownAndTheOuterComesBack) {
  asio::io_context outer(1);
  asio::io_context inner(1);
  asio::post(outer, [&] {
    const seen_slot before = seen_slot::now();
    asio::post(inner, [&] {
      const seen_slot inside = seen_slot::now();
      EXPECT_EQ(inside.depth, 2U);
      EXPECT_EQ(inside.context, &inner);
      EXPECT_NE(inside.trail, before.trail);
    });
    inner.run_one();
    const seen_slot after = seen_slot::now();
    EXPECT_EQ(after.depth, 1U);
    EXPECT_EQ(after.context, &outer);
    EXPECT_EQ(after.trail, before.trail);
    EXPECT_GT(after.since, before.since) << "the end of the inner one is a boundary";
  });
  outer.run();
  EXPECT_EQ(seen_slot::now().depth, 0U);
}

TEST(Nesting, TimeInHandlersIsCountedOnce) {
  asio::io_context io;  // with the hint 1, an inner run() would not see the post
  asio::post(io, [&] {
    asio::post(io, [] { compute_for(20ms); });
    io.run_one();
  });
  io.run();
  const loop_metrics metrics = metrics_of(&io);
  EXPECT_EQ(metrics.duration.count, 2U);
  EXPECT_GE(metrics.duration.total, 40ms) << "the outer one lasted as long as the inner one";
  EXPECT_LT(metrics.in_handlers, metrics.duration.total);
}

TEST(Nesting, AnExceptionThatTheOuterHandlerCatchesLeavesItInPlace) {
  collected_exceptions exceptions;
  asio::io_context outer(1);
  asio::io_context inner(1);
  asio::post(inner, [] { throw 1; });
  asio::post(outer, [&] {
    const seen_slot before = seen_slot::now();
    EXPECT_THROW(inner.run_one(), int);
    const seen_slot after = seen_slot::now();
    EXPECT_EQ(after.depth, 1U);
    EXPECT_EQ(after.context, before.context);
    EXPECT_EQ(after.trail, before.trail);
  });
  outer.run();
  EXPECT_EQ(seen_slot::now().depth, 0U);
  EXPECT_EQ(exceptions.get().size(), 1U);
}

TEST(Threads, ASlotIsTakenAgainWhenItsThreadHasEnded) {
  const auto slots = [] {
    std::set<internal::handler_slot*> all;
    for (auto* slot = internal::first_handler_slot(); slot != nullptr; slot = slot->next) {
      all.insert(slot);
    }
    return all.size();
  };
  asio::io_context io(1);
  const auto run_one = [&] {
    asio::post(io, [] { EXPECT_EQ(internal::this_tracked_thread().thread.load(), ::gettid()); });
    io.run();
    io.restart();
  };
  std::thread(run_one).join();
  const std::size_t after_first = slots();
  for (int i = 0; i < 10; ++i) std::thread(run_one).join();
  EXPECT_EQ(slots(), after_first);
  EXPECT_EQ(metrics_of(&io).duration.count, 11U) << "what ended threads counted is kept";
}

TEST(Threads, AreSummedWhileTheyRun) {
  constexpr int handlers = 20'000;
  asio::io_context io(4);
  std::atomic<int> left{handlers};
  struct chain {
    asio::io_context& io;
    std::atomic<int>& left;
    void operator()() const {
      if (left.fetch_sub(1) > 0) asio::post(io, *this);
    }
  };
  for (int i = 0; i < 4; ++i) asio::post(io, chain{io, left});
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back([&] { io.run(); });
  std::uint64_t most = 0;
  while (left > 0) most = std::max(most, metrics_of(&io).duration.count);
  io.run();
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most, handlers + 4U);
  EXPECT_EQ(metrics_of(&io).duration.count, handlers + 4U);
}

TEST(Threads, MoreContextsThanAThreadHasRoomForAreAllCounted) {
  std::vector<std::unique_ptr<asio::io_context>> contexts;
  for (int i = 0; i < 20; ++i) contexts.push_back(std::make_unique<asio::io_context>(1));
  for (int round = 0; round < 3; ++round) {
    for (const auto& io : contexts) {
      asio::post(*io, [] {});
      io->run();
      io->restart();
    }
  }
  for (const auto& io : contexts) EXPECT_EQ(metrics_of(io.get()).duration.count, 3U);
}

TEST(Threads, ANewContextAtAnOldOnesAddressBeginsAtZero) {
  std::optional<asio::io_context> io;
  for (int i = 0; i < 3; ++i) {
    io.emplace(1);
    EXPECT_EQ(metrics_of(&*io).duration.count, 0U);
    asio::post(*io, [] {});
    io->run();
    EXPECT_EQ(metrics_of(&*io).duration.count, 1U);
  }
}

}  // namespace
}  // namespace regatta
