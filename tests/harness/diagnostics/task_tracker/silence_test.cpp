// SPDX-License-Identifier: Apache-2.0
// What must not be reported.
#include <gtest/gtest.h>

#include <boost/asio.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <memory>
#include <optional>

#include "tests/harness/diagnostics/task_tracker/collected_reports.hpp"

namespace regatta {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;
using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;

class Silence : public testing::Test {
 protected:
  ~Silence() override {
    io_.reset();
    for (const task_report& report : reports_.get()) ADD_FAILURE() << format_task_report(report);
  }
  void spawn(awaitable<void> task) { asio::co_spawn(*io_, std::move(task), asio::detached); }

  collected_reports reports_;
  std::optional<asio::io_context> io_{std::in_place, 1};
};

awaitable<int> leaf(int value) { co_return value; }

awaitable<void> sleeps(std::chrono::steady_clock::duration time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(use_awaitable);
}
awaitable<void> sleeps_deferred(std::chrono::steady_clock::duration time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::deferred);
}
awaitable<void> sleeps_as_tuple(std::chrono::steady_clock::duration time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::as_tuple(use_awaitable));
}

awaitable<void> uses_many_operations() {
  co_await sleeps(0ms);
  co_await sleeps_deferred(0ms);
  co_await sleeps_as_tuple(0ms);
  co_await asio::post(use_awaitable);
}

TEST_F(Silence, TheFramesAsioStartsOperationsWith) {
  for (int i = 0; i < 20; ++i) spawn(uses_many_operations());
  io_->run();
}

awaitable<void> moves_then_awaits() {
  auto first = leaf(1);
  auto second = std::move(first);
  std::vector<awaitable<int>> kept;
  kept.push_back(std::move(second));
  kept.push_back(leaf(2));
  for (auto& one : kept) co_await std::move(one);
}

TEST_F(Silence, AwaitablesThatAreMovedAndThenAwaited) {
  spawn(moves_then_awaits());
  io_->run();
}

TEST_F(Silence, CancellationThroughASignal) {
  asio::cancellation_signal cancel;
  asio::co_spawn(*io_, sleeps(1h), asio::bind_cancellation_slot(cancel.slot(), asio::detached));
  asio::post(*io_, [&] { cancel.emit(asio::cancellation_type::all); });
  io_->run();
}

TEST_F(Silence, CancellationOfTheOperation) {
  asio::steady_timer timer(*io_, 1h);
  asio::co_spawn(
      *io_, [&]() -> awaitable<void> { co_await timer.async_wait(use_awaitable); }, asio::detached);
  asio::post(*io_, [&] { timer.cancel(); });
  io_->run();
}

awaitable<void> races() {
  co_await (sleeps(0ms) || sleeps(1h) || sleeps_deferred(1h));
  co_await (sleeps(0ms) && sleeps_as_tuple(0ms));
}

TEST_F(Silence, TheLoserOfARace) {
  spawn(races());
  io_->run();
}

TEST_F(Silence, ARaceThatIsCancelledAsAWhole) {
  asio::cancellation_signal cancel;
  asio::co_spawn(*io_, (sleeps(1h) && sleeps(1h)),
                 asio::bind_cancellation_slot(cancel.slot(), asio::detached));
  asio::post(*io_, [&] { cancel.emit(asio::cancellation_type::terminal); });
  io_->run();
}

awaitable<void> gives_up() {
  const auto throws = []() -> int { throw std::runtime_error("no"); };
  try {
    auto never_begun = leaf(1);
    throws();
    co_await std::move(never_begun);
  } catch (const std::runtime_error&) {
  }
}

TEST_F(Silence, WhatAnExceptionPassesBy) {
  spawn(gives_up());
  io_->run();
}

TEST_F(Silence, TheEndOfAContextWithTasksThatWait) {
  for (int i = 0; i < 5; ++i) spawn(sleeps(1h));
  spawn(sleeps(1h) && sleeps_deferred(1h));
  io_->poll();
  io_->stop();
}

TEST_F(Silence, TheEndOfAContextWithTasksThatNeverBegan) {
  spawn(sleeps(1h));
  spawn(races());
}

TEST_F(Silence, TheEndOfAContextWithTasksOnStrands) {
  for (int i = 0; i < 5; ++i) {
    asio::co_spawn(asio::make_strand(*io_), sleeps(1h), asio::detached);
    spawn([](asio::io_context& io) -> awaitable<void> {
      asio::co_spawn(asio::make_strand(io), sleeps(1h), asio::detached);
      co_await sleeps(1h);
    }(*io_));
  }
  io_->poll();
}

awaitable<void> receives_for_ever(
    std::shared_ptr<asio::experimental::channel<void(boost::system::error_code, int)>> channel) {
  for (;;) co_await channel->async_receive(use_awaitable);
}

TEST_F(Silence, TheEndOfAContextWithTasksOnChannelsAndSockets) {
  auto channel =
      std::make_shared<asio::experimental::channel<void(boost::system::error_code, int)>>(*io_, 1);
  spawn(receives_for_ever(channel));
  spawn([](asio::io_context& io) -> awaitable<void> {
    asio::ip::tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
    co_await acceptor.async_accept(use_awaitable);
  }(*io_));
  io_->poll();
  channel.reset();
}

TEST_F(Silence, TheEndOfAThreadPool) {
  asio::thread_pool pool(2);
  for (int i = 0; i < 10; ++i) asio::co_spawn(pool, sleeps(1h), asio::detached);
  asio::co_spawn(pool, uses_many_operations(), asio::use_future).get();
  pool.stop();
  pool.join();
}

TEST_F(Silence, AnExceptionThatSomebodyTakes) {
  const auto throws = []() -> awaitable<void> {
    throw std::runtime_error("taken");
    co_return;
  };
  asio::co_spawn(*io_, throws(), [](std::exception_ptr thrown) { EXPECT_TRUE(thrown); });
  auto future = asio::co_spawn(*io_, throws(), asio::use_future);
  io_->run();
  EXPECT_THROW(future.get(), std::runtime_error);
}

TEST_F(Silence, ADetachedOperationThatIsNoTask) {
  asio::steady_timer timer(*io_, 0ms);
  timer.async_wait(asio::detached);
  asio::post(*io_, asio::detached);
  io_->run();
}

}  // namespace
}  // namespace regatta
