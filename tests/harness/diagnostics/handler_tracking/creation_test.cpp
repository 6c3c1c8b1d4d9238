// SPDX-License-Identifier: Apache-2.0
// Where handlers come from, with exact lines.
#include <gtest/gtest.h>

#include <boost/asio.hpp>

#include "tests/harness/diagnostics/handler_tracking/handler_tests.hpp"

namespace regatta {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using namespace std::chrono_literals;
using tcp = asio::ip::tcp;

// A trail is looked at after the fact, since that is when people do.
struct noted_trail {
  std::uint64_t trail = 0;
  void take() { trail = internal::this_tracked_thread().trail.load(); }
  auto taker() {
    return [this](auto&&...) { take(); };
  }
  std::vector<source_frame> get() const { return internal::describe_trail(trail); }
};

std::string told(const std::vector<source_frame>& frames) {
  std::string text;
  for (const source_frame& frame : frames) {
    text += frame.function + " at " + to_string(frame.place) + "\n";
  }
  return text;
}

TEST(Creation, OfACallbackIsTheLineThatPosts) {
  asio::io_context io(1);
  noted_trail note;
  const unsigned line = __LINE__ + 1;
  asio::post(io, note.taker());
  io.run();
  const auto frames = note.get();
  ASSERT_EQ(frames.size(), 1U) << told(frames);
  EXPECT_TRUE(is_at(frames[0].place, __FILE__, line)) << told(frames);
  EXPECT_NE(frames[0].function.find("OfACallbackIsTheLineThatPosts"), std::string::npos);
}

TEST(Creation, ThroughATypeErasedExecutor) {
  asio::io_context io(1);
  asio::any_io_executor executor = io.get_executor();
  noted_trail first, second;
  const unsigned line = __LINE__ + 1;
  asio::post(executor, first.taker());
  asio::post(executor, second.taker());
  io.run();
  EXPECT_TRUE(is_at(first.get().at(0).place, __FILE__, line)) << told(first.get());
  EXPECT_TRUE(is_at(second.get().at(0).place, __FILE__, line + 1)) << told(second.get());
}

TEST(Creation, OfATimersAndASocketsCallback) {
  asio::io_context io(1);
  asio::steady_timer timer(io, 0ms);
  noted_trail waited, received;
  asio::local::stream_protocol::socket near(io), far(io);
  asio::local::connect_pair(near, far);
  std::array<char, 1> byte{};
  const unsigned line = __LINE__ + 1;
  timer.async_wait(waited.taker());
  near.async_read_some(asio::buffer(byte), received.taker());
  far.write_some(asio::buffer(byte));
  io.run();
  EXPECT_TRUE(is_at(waited.get().at(0).place, __FILE__, line)) << told(waited.get());
  EXPECT_TRUE(is_at(received.get().at(0).place, __FILE__, line + 1)) << told(received.get());
}

unsigned second_line = 0;
unsigned third_line = 0;

void second(asio::io_context& io, noted_trail& note) {
  third_line = __LINE__ + 1;
  asio::post(io, note.taker());
}

TEST(Creation, HasTheChainOfCreators) {
  asio::io_context io(1);
  noted_trail note;
  const unsigned first_line = __LINE__ + 1;
  asio::post(io, [&] {
    second_line = __LINE__ + 1;
    asio::post(io, [&] { second(io, note); });
  });
  io.run();
  const auto frames = note.get();
  ASSERT_EQ(frames.size(), 3U) << told(frames);
  EXPECT_TRUE(is_at(frames[0].place, __FILE__, third_line)) << told(frames);
  EXPECT_TRUE(is_at(frames[1].place, __FILE__, second_line)) << told(frames);
  EXPECT_GE(frames[2].place.line, first_line) << told(frames);
  EXPECT_LE(frames[2].place.line, first_line + 3) << told(frames);
}

TEST(Creation, ALongChainKeepsTheLastFour) {
  asio::io_context io(1);
  int left = 10;
  noted_trail note;
  std::function<void()> step = [&] {
    note.take();
    if (--left > 0) asio::post(io, step);
  };
  asio::post(io, step);
  io.run();
  EXPECT_EQ(note.get().size(), 4U) << told(note.get());
}

TEST(Creation, OfAComposedOperationsLaterStepsIsItsBeginning) {
  asio::io_context io(1);
  asio::local::stream_protocol::socket near(io), far(io);
  asio::local::connect_pair(near, far);
  std::array<char, 2> bytes{};
  noted_trail note;
  const unsigned line = __LINE__ + 1;
  asio::async_read(near, asio::buffer(bytes), note.taker());
  far.write_some(asio::buffer(bytes, 1));
  asio::post(io, [&] { far.write_some(asio::buffer(bytes, 1)); });
  io.run();
  const auto frames = note.get();
  ASSERT_GE(frames.size(), 1U);
  EXPECT_TRUE(is_at(frames[0].place, __FILE__, line)) << told(frames);
}

asio::awaitable<void> waits_at(asio::steady_timer& timer, unsigned& line) {
  line = __LINE__ + 1;
  co_await timer.async_wait(asio::use_awaitable_t<>{});
}

TEST(Creation, OfACoroutineThatTellsAsioItsLine) {
  asio::io_context io(1);
  asio::steady_timer timer(io, 0ms);
  unsigned line = 0;
  noted_trail note;
  asio::co_spawn(
      io,
      [&]() -> asio::awaitable<void> {
        co_await waits_at(timer, line);
        note.take();
      },
      asio::detached);
  io.run();
  const auto frames = note.get();
  ASSERT_GE(frames.size(), 1U);
  EXPECT_TRUE(is_at(frames[0].place, __FILE__, line)) << told(frames);
}

#if REGATTA_TRACK_TASKS
TEST(Creation, OfACoroutineIsItsCoAwait) {
  asio::io_context io(1);
  asio::steady_timer timer(io, 0ms);
  unsigned first_line = 0, second_line = 0;
  noted_trail first, second;
  asio::co_spawn(
      io,
      [&]() -> asio::awaitable<void> {
        first_line = __LINE__ + 1;
        co_await timer.async_wait(asio::use_awaitable);
        first.take();
        second_line = __LINE__ + 1;
        co_await asio::post(io, asio::deferred);
        second.take();
      },
      asio::detached);
  io.run();
  ASSERT_GE(first.get().size(), 1U);
  EXPECT_TRUE(is_at(first.get()[0].place, __FILE__, first_line)) << told(first.get());
  ASSERT_GE(second.get().size(), 2U);
  EXPECT_TRUE(is_at(second.get()[0].place, __FILE__, second_line)) << told(second.get());
  EXPECT_TRUE(is_at(second.get()[1].place, __FILE__, first_line)) << told(second.get());
}

TEST(Creation, InsideOfACoroutineThatRunsIsTheLineThatPosts) {
  asio::io_context io(1);
  noted_trail note;
  unsigned line = 0;
  asio::co_spawn(
      io,
      [&]() -> asio::awaitable<void> {
        co_await asio::post(asio::use_awaitable);
        line = __LINE__ + 1;
        asio::post(io, note.taker());
      },
      asio::detached);
  io.run();
  EXPECT_TRUE(is_at(note.get().at(0).place, __FILE__, line)) << told(note.get());
}
#endif

TEST(Creation, NothingIsAnEmptyTrail) { EXPECT_TRUE(internal::describe_trail(0).empty()); }

}  // namespace
}  // namespace regatta
