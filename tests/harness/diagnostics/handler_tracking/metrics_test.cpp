// SPDX-License-Identifier: Apache-2.0
// The four queues, on loops that are blocked on purpose. Lower limits are certain; upper ones leave
// a busy machine half of the time that was blocked.
#include <gtest/gtest.h>

#include <boost/asio.hpp>
#include <thread>

#include "harness/diagnostics/handler_tracking/loop_metrics.hpp"
#include "tests/harness/diagnostics/handler_tracking/handler_tests.hpp"
#include "tests/support/sanitizers.hpp"

namespace regatta {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using namespace std::chrono_literals;
constexpr auto blocked = 200ms;

TEST(Queued, WhatIsPostedAtTheEndOfALongHandlerWaitsForNothing) {
  asio::io_context io(1);
  for (const unsigned counted : {1U, 3U}) {
    asio::post(io, [&] {
      compute_for(blocked);
      asio::post(io, [] {});
    });
    io.run();
    io.restart();
    // The delay behind the first long one of a place is not counted; then the place is known.
    EXPECT_EQ(metrics_of(&io).queued.count, counted);
  }
  const loop_metrics metrics = metrics_of(&io);
  EXPECT_LT(metrics.queued.longest, blocked / 2);
  EXPECT_GE(metrics.duration.longest, blocked);
  EXPECT_GE(metrics.in_handlers, blocked);
}

TEST(Queued, WhatIsPostedAtItsBeginningWaitsForItsEnd) {
  asio::io_context io(1);
  for (int i = 0; i < 2; ++i) {
    asio::post(io, [&] {
      asio::post(io, [] {});
      compute_for(blocked);
    });
    io.run();
    io.restart();
  }
  const loop_metrics metrics = metrics_of(&io);
  EXPECT_GE(metrics.queued.longest, blocked - 1ms);
  EXPECT_GE(metrics.duration.longest, blocked);
  EXPECT_LT(metrics.duration.total, 2 * blocked * 3 / 2);
}

TEST(Queued, BehindAnotherHandlerThatIsLong) {
  if (test::sanitized)
    GTEST_SKIP() << "no handler is shorter than 20 µs, and its posts are left out";
  asio::io_context io(1);
  // The first time all is new, and takes long.
  for (const auto between : {0ms, 0ms, blocked}) {
    for (int i = 0; i < 300; ++i) asio::post(io, [&] { asio::post(io, [] {}); });
    asio::post(io, [&] { compute_for(between); });
    io.run();
    io.restart();
  }
  EXPECT_GE(metrics_of(&io).queued.longest, blocked - 1ms);
}

TEST(Queued, WhileTheProgramDoesSomethingElseBetweenTwoRuns) {
  if (test::sanitized)
    GTEST_SKIP() << "no handler is shorter than 20 µs, and its posts are left out";
  asio::io_context io(1);
  // The first time all is new, and takes long.
  for (const auto between : {0ms, blocked}) {
    asio::post(io, [&] { asio::post(io, [&] { asio::post(io, [] {}); }); });
    io.run_one();
    compute_for(between);
    io.run();
    io.restart();
  }
  const loop_metrics metrics = metrics_of(&io);
  EXPECT_EQ(metrics.duration.count, 6U);
  EXPECT_GE(metrics.queued.longest, blocked);
  EXPECT_LT(metrics.duration.longest, blocked / 2) << "what passed outside is no handler's time";
}

TEST(Queued, WhileTheProgramPollsTheLoopByHand) {
  if (test::sanitized)
    GTEST_SKIP() << "no handler is shorter than 20 µs, and its posts are left out";
  asio::io_context io(1);
  std::function<void()> step = [&] { asio::post(io, step); };
  asio::post(io, step);
  for (int i = 0; i < 3; ++i) io.poll_one();  // the first time all is new, and takes long
  for (int i = 0; i < 3; ++i) {
    io.poll_one();
    compute_for(blocked);
  }
  const loop_metrics metrics = metrics_of(&io);
  EXPECT_GE(metrics.queued.total, 2 * blocked);
  EXPECT_LT(metrics.duration.longest, blocked / 2);
  io.stop();
}

TEST(Queued, OnAStrandThatAnotherThreadHolds) {
  asio::io_context io(2);
  auto strand = asio::make_strand(io);
  auto work = asio::make_work_guard(io);
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) threads.emplace_back([&] { io.run(); });
  asio::post(io, [&] {
    asio::post(strand, [&] {
      asio::post(strand, [&] { work.reset(); });
      compute_for(blocked);
    });
  });
  for (std::thread& thread : threads) thread.join();
  const loop_metrics metrics = metrics_of(&io);
  EXPECT_GE(metrics.queued.longest, blocked - 1ms);
}

TEST(Queued, BehindAnotherSocketThatWasReadyAtTheSameTime) {
  asio::io_context io(1);
  using socket = asio::local::stream_protocol::socket;
  std::vector<socket> near, far;
  std::array<char, 1> byte{};
  for (int i = 0; i < 2; ++i) {
    near.emplace_back(io);
    far.emplace_back(io);
    asio::local::connect_pair(near[i], far[i]);
    near[i].async_read_some(asio::buffer(byte),
                            [](error_code, std::size_t) { compute_for(blocked); });
  }
  for (socket& each : far) each.write_some(asio::buffer(byte));
  io.run();
  const loop_metrics metrics = metrics_of(&io);
  EXPECT_EQ(metrics.queued.count, 2U);
  EXPECT_GE(metrics.queued.longest, blocked);
  EXPECT_LT(metrics.queued.total, blocked * 3 / 2);
}

TEST(Queued, ASocketsWaitForDataIsNoDelay) {
  asio::io_context io(1);
  asio::local::stream_protocol::socket near(io), far(io);
  asio::local::connect_pair(near, far);
  std::array<char, 1> byte{};
  near.async_read_some(asio::buffer(byte), [](error_code, std::size_t) {});
  asio::steady_timer timer(io, blocked);
  timer.async_wait([&](error_code) { far.write_some(asio::buffer(byte)); });
  io.run();
  const loop_metrics metrics = metrics_of(&io);
  EXPECT_EQ(metrics.queued.count, 1U);
  EXPECT_LT(metrics.queued.longest, blocked / 2);
  EXPECT_GE(metrics.polling.total, blocked - 1ms) << "that was the kernel's";
  EXPECT_LT(metrics.in_handlers, blocked / 2);
}

TEST(Late, ATimerBehindABlockedLoop) {
  asio::io_context io(1);
  asio::steady_timer timer(io, 10ms);
  timer.async_wait([](error_code) {});
  asio::system_timer other(io, 10ms);
  other.async_wait([](error_code) {});
  asio::post(io, [] { compute_for(blocked); });
  io.run();
  const loop_metrics metrics = metrics_of(&io);
  ASSERT_EQ(metrics.late.count, 2U);
  EXPECT_GE(metrics.late.total, 2 * (blocked - 12ms));
  EXPECT_LT(metrics.late.longest, blocked * 3 / 2);
  EXPECT_GE(metrics.late.quantile(0.5), blocked / 4);
}

TEST(Late, ATimerThatHadExpiredBeforeItWasStartedIsLateFromThenOn) {
  asio::io_context io(1);
  asio::steady_timer timer(io, std::chrono::steady_clock::now() - 1h);
  timer.async_wait([](error_code) {});
  io.run();
  ASSERT_EQ(metrics_of(&io).late.count, 1U);
  EXPECT_LT(metrics_of(&io).late.longest, 1min);
}

TEST(Metrics, TheLongestHandlerIsNamed) {
  asio::io_context io(1);
  asio::post(io, [] {});
  const unsigned line = __LINE__ + 1;
  asio::post(io, [] { compute_for(20ms); });
  io.run();
  const loop_metrics metrics = metrics_of(&io);
  ASSERT_EQ(metrics.longest_created.size(), 1U);
  EXPECT_TRUE(is_at(metrics.longest_created[0].place, __FILE__, line));
  const std::string text = format_loop_metrics(metrics);
  EXPECT_NE(text.find("metrics_test.cpp"), std::string::npos) << text;
  EXPECT_NE(text.find("handlers   2 times"), std::string::npos) << text;
}

TEST(Metrics, OfAContextThatDidNothingAreZero) {
  asio::io_context io(1);
  EXPECT_EQ(metrics_of(&io).duration.count, 0U);
  EXPECT_EQ(metrics_of(nullptr).duration.count, 0U);
  EXPECT_EQ(metrics_of(nullptr).duration.longest, 0ns);
  EXPECT_EQ(metrics_of(&io).duration.quantile(0.5), 0ns);
}

TEST(Distribution, QuantilesAreInsideOfTheirBucket) {
  time_distribution times;
  for (std::size_t i = 0; i < times.buckets.size(); ++i) {
    times.buckets[i].below = std::chrono::nanoseconds(std::int64_t{1} << i);
  }
  times.buckets[4].count = 90;   // 8 to 16 ns
  times.buckets[10].count = 10;  // 512 to 1024 ns
  times.count = 100;
  times.longest = 1000ns;
  EXPECT_GE(times.quantile(0.5), 8ns);
  EXPECT_LE(times.quantile(0.5), 16ns);
  EXPECT_GE(times.quantile(0.95), 512ns);
  EXPECT_EQ(times.quantile(1), 1000ns);
}

TEST(TickClock, AgreesWithTheSteadyClock) {
  const internal::clock_pair first = internal::read_both_clocks();
  compute_for(50ms);
  const internal::clock_pair second = internal::read_both_clocks();
  const auto steady = std::chrono::nanoseconds(second.steady - first.steady);
  const auto ticks = internal::to_ns(second.ticks - first.ticks);
  EXPECT_NEAR(static_cast<double>(ticks.count()), static_cast<double>(steady.count()),
              static_cast<double>(steady.count()) / 1000);
  EXPECT_NEAR(static_cast<double>(internal::to_ticks(ticks)),
              static_cast<double>(second.ticks - first.ticks), 1e4);
}

}  // namespace
}  // namespace regatta
