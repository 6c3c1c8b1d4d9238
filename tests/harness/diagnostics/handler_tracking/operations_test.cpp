// SPDX-License-Identifier: Apache-2.0
// Every kind of operation Asio has goes through Asio's macros in its own source file.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <boost/asio.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <future>
#include <memory>

#include "harness/diagnostics/handler_tracking/loop_metrics.hpp"
#include "tests/harness/diagnostics/handler_tracking/handler_tests.hpp"

namespace regatta {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using namespace std::chrono_literals;
using tcp = asio::ip::tcp;

class Operations : public testing::Test {
 protected:
  // What a handler sees of itself.
  void check_inside() {
    const internal::tracked_thread& thread = internal::this_tracked_thread();
    EXPECT_EQ(thread.context.load(), &io_);
    EXPECT_GE(thread.depth.load(), 1U);
    EXPECT_NE(thread.innermost, nullptr);
    EXPECT_LE(thread.since.load(), internal::now_ticks());
    EXPECT_NE(thread.trail.load(), 0U);
    ++calls_;
  }
  auto check() {
    return [this](auto&&...) { check_inside(); };
  }
  void run(std::uint64_t handlers) {
    io_.run();
    io_.restart();
    EXPECT_GE(calls_, 1U);
    const loop_metrics metrics = metrics_of(&io_);
    EXPECT_EQ(metrics.duration.count, handlers);
    EXPECT_EQ(metrics.dropped, 0U);
    EXPECT_EQ(metrics.escaped, 0U);
    EXPECT_EQ(internal::this_tracked_thread().depth.load(), 0U);
    EXPECT_EQ(internal::this_tracked_thread().innermost, nullptr);
  }

  std::uint64_t calls_ = 0;
  asio::io_context io_{1};
};

TEST_F(Operations, Post) {
  asio::post(io_, check());
  run(1);
  EXPECT_EQ(metrics_of(&io_).queued.count, 1U);
}

TEST_F(Operations, DeferAndDispatch) {
  asio::defer(io_, check());
  asio::dispatch(io_, check());                               // from outside: queued
  asio::post(io_, [this] { asio::dispatch(io_, check()); });  // from inside: a call
  run(3);
  EXPECT_EQ(calls_, 3U);
}

TEST_F(Operations, TheOldPostOfTheContext) {
  asio::post(io_.get_executor(), check());
  asio::any_io_executor any = io_.get_executor();
  asio::post(any, check());
  run(2);
}

TEST_F(Operations, AStrand) {
  auto strand = asio::make_strand(io_);
  for (int i = 0; i < 3; ++i) asio::post(strand, check());
  asio::dispatch(strand, check());
  asio::defer(strand, check());
  io_.run();
  EXPECT_EQ(calls_, 5U);
  // Five, and the strand's own that run them.
  EXPECT_GE(metrics_of(&io_).duration.count, 6U);
}

TEST_F(Operations, TheOldStrand) {
  asio::io_context::strand strand(io_);
  asio::post(strand, check());
  asio::dispatch(strand, check());
  io_.run();
  EXPECT_EQ(calls_, 2U);
}

TEST_F(Operations, Timers) {
  asio::steady_timer steady(io_, 1ms);
  asio::system_timer system(io_, 1ms);
  asio::high_resolution_timer high(io_, 1ms);
  steady.async_wait(check());
  system.async_wait(check());
  high.async_wait(check());
  run(3);
  const loop_metrics metrics = metrics_of(&io_);
  EXPECT_EQ(metrics.late.count, 3U);
  EXPECT_EQ(metrics.queued.count, 0U);
  EXPECT_GE(metrics.polling.count, 1U);
}

TEST_F(Operations, TimersThatNeverExpire) {
  asio::steady_timer steady(io_, asio::steady_timer::time_point::max());
  asio::system_timer system(io_, asio::system_timer::time_point::max());
  steady.async_wait(check());
  system.async_wait(check());
  asio::post(io_, [&] {
    steady.cancel();
    system.cancel();
  });
  run(3);
  EXPECT_EQ(metrics_of(&io_).late.count, 0U) << "cancelled waits";
}

TEST_F(Operations, TcpSockets) {
  tcp::acceptor acceptor(io_, {asio::ip::address_v4::loopback(), 0});
  tcp::socket client(io_);
  tcp::socket server(io_);
  std::array<char, 4> in{};
  acceptor.async_accept(server, [&](error_code error) {
    EXPECT_FALSE(error);
    check_inside();
    asio::async_read(server, asio::buffer(in), check());
    server.async_wait(tcp::socket::wait_read, check());
  });
  client.async_connect(acceptor.local_endpoint(), [&](error_code error) {
    EXPECT_FALSE(error);
    check_inside();
    asio::async_write(client, asio::buffer("four", 4), check());
  });
  run(5);
  EXPECT_EQ(std::string(in.begin(), in.end()), "four");
  EXPECT_EQ(metrics_of(&io_).queued.count, 5U);
}

TEST_F(Operations, AcceptThatMakesTheSocket) {
  tcp::acceptor acceptor(io_, {asio::ip::address_v4::loopback(), 0});
  tcp::socket client(io_);
  acceptor.async_accept([&](error_code, tcp::socket) { check_inside(); });
  client.async_connect(acceptor.local_endpoint(), check());
  run(2);
}

TEST_F(Operations, UdpSockets) {
  using udp = asio::ip::udp;
  udp::socket one(io_, {asio::ip::address_v4::loopback(), 0});
  udp::socket other(io_, {asio::ip::address_v4::loopback(), 0});
  std::array<char, 4> in{};
  udp::endpoint from;
  other.async_receive_from(asio::buffer(in), from, check());
  one.async_send_to(asio::buffer("four", 4), other.local_endpoint(), check());
  run(2);
}

TEST_F(Operations, Descriptors) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  asio::posix::stream_descriptor reader(io_, ends[0]);
  asio::posix::stream_descriptor writer(io_, ends[1]);
  std::array<char, 4> in{};
  asio::async_read(reader, asio::buffer(in), check());
  asio::async_write(writer, asio::buffer("four", 4), check());
  writer.async_wait(asio::posix::stream_descriptor::wait_write, check());
  run(3);
}

TEST_F(Operations, Signals) {
  asio::signal_set signals(io_, SIGUSR1);
  signals.async_wait(check());
  asio::post(io_, [] { ::raise(SIGUSR1); });
  run(2);
  EXPECT_EQ(metrics_of(&io_).queued.count, 1U) << "nobody knows how long a signal waited";
}

TEST_F(Operations, Resolvers) {
  asio::ip::tcp::resolver resolver(io_);
  resolver.async_resolve("127.0.0.1", "80", tcp::resolver::numeric_host, check());
  io_.run();
  EXPECT_EQ(calls_, 1U);
}

TEST_F(Operations, Channels) {
  asio::experimental::channel<void(error_code, int)> channel(io_);
  channel.async_receive(check());
  channel.async_send(error_code(), 3, check());
  io_.run();
  EXPECT_EQ(calls_, 2U);
}

TEST_F(Operations, ACoroutine) {
  asio::co_spawn(
      io_,
      [this]() -> asio::awaitable<void> {
        check_inside();
        co_await asio::post(asio::use_awaitable);
        check_inside();
        asio::steady_timer timer(io_, 1ms);
        co_await timer.async_wait(asio::use_awaitable_t<>{});
        check_inside();
      },
      asio::detached);
  io_.run();
  EXPECT_EQ(calls_, 3U);
}

TEST_F(Operations, CancelledReads) {
  tcp::acceptor acceptor(io_, {asio::ip::address_v4::loopback(), 0});
  tcp::socket client(io_);
  client.connect(acceptor.local_endpoint());
  std::array<char, 4> in{};
  client.async_read_some(asio::buffer(in), check());
  asio::post(io_, [&] { client.cancel(); });
  run(2);
  EXPECT_EQ(metrics_of(&io_).queued.count, 1U) << "the post alone";
}

TEST_F(Operations, HandlersThatAreNeverRun) {
  auto io = std::make_unique<asio::io_context>(1);
  std::uint64_t dropped = 0;
  struct last_look {
    last_look(const void* of, std::uint64_t* to) : context(of), dropped(to) {}
    ~last_look() { *dropped = metrics_of(context).dropped; }
    const void* context;
    std::uint64_t* dropped;
  };
  asio::steady_timer timer(*io, 1h);
  timer.async_wait([](error_code) { FAIL(); });
  for (int i = 0; i < 3; ++i) asio::post(*io, [] { FAIL(); });
  asio::post(*io, [look = std::make_shared<last_look>(io.get(), &dropped)] { FAIL(); });
  timer = asio::steady_timer(io_);  // cancels the wait: queued, too
  EXPECT_EQ(metrics_of(io.get()).dropped, 0U);
  io.reset();
  EXPECT_EQ(dropped, 3U);
}

TEST(OperationsOfPools, EveryWayToExecute) {
  asio::thread_pool pool(2);
  std::atomic<int> calls{0};
  const auto count = [&] { ++calls; };
  asio::post(pool, count);
  asio::defer(pool, count);
  asio::dispatch(pool, count);
  asio::require(pool.executor(), asio::execution::blocking.always).execute(count);
  EXPECT_GE(calls, 1);
  pool.join();
  EXPECT_EQ(calls, 4);
  EXPECT_EQ(metrics_of(&pool).duration.count, 4U);
  EXPECT_EQ(metrics_of(&pool).queued.count, 4U);
}

TEST(OperationsOfPools, TheSystemExecutor) {
  std::promise<void> done;
  asio::post(asio::system_executor(), [&] { done.set_value(); });
  done.get_future().get();
  asio::query(asio::system_executor(), asio::execution::context).join();
  EXPECT_GE(
      metrics_of(&asio::query(asio::system_executor(), asio::execution::context)).duration.count,
      1U);
}

}  // namespace
}  // namespace regatta
