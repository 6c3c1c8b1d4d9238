// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/llm/async_generator_asio.hpp"

namespace regatta {
namespace {

namespace asio = boost::asio;
using asio::awaitable;

async_generator<int> count(asio::io_context& io, int most) {
  for (int i = 0; i < most; ++i) {
    co_await asio::post(io, asio::use_awaitable);
    co_yield i;
  }
}

awaitable<std::vector<int>> all_of(async_generator<int> numbers) {
  std::vector<int> seen;
  for (;;) {
    const std::optional<int> number = co_await numbers.next();
    if (!number) break;
    seen.push_back(*number);
  }
  co_return std::move(seen);
}

template <class T>
T run(asio::io_context& io, awaitable<T> what) {
  std::optional<T> result;
  std::exception_ptr thrown;
  asio::co_spawn(io, std::move(what), [&](std::exception_ptr error, T value) {
    thrown = error;
    result = std::move(value);
  });
  io.restart();
  io.run();
  if (thrown) std::rethrow_exception(thrown);
  return std::move(*result);
}

TEST(AsyncGenerator, YieldsAndAwaitsInTurn) {
  asio::io_context io;
  EXPECT_EQ(run(io, all_of(count(io, 4))), (std::vector{0, 1, 2, 3}));
  EXPECT_EQ(run(io, all_of(count(io, 0))), std::vector<int>{});
}

async_generator<std::unique_ptr<int>> without_awaiting() {
  co_yield std::make_unique<int>(1);
  co_yield std::make_unique<int>(2);
}

awaitable<int> sum_of(async_generator<std::unique_ptr<int>> numbers) {
  int sum = 0;
  for (;;) {
    const std::optional<std::unique_ptr<int>> number = co_await numbers.next();
    if (!number) co_return sum;
    sum += **number;
  }
}

TEST(AsyncGenerator, CarriesValuesThatCanOnlyBeMoved) {
  asio::io_context io;
  EXPECT_EQ(run(io, sum_of(without_awaiting())), 3);
}

awaitable<int> failing(asio::io_context& io) {
  co_await asio::post(io, asio::use_awaitable);
  throw std::runtime_error("from the operation");
}

async_generator<int> recovering(asio::io_context& io) {
  std::string said;
  try {
    co_yield co_await failing(io);
  } catch (const std::runtime_error& error) {
    said = error.what();
  }
  co_yield static_cast<int>(said.size());
  throw std::logic_error("from the generator");
}

awaitable<std::string> what_escapes(asio::io_context& io) {
  auto numbers = recovering(io);
  const std::optional<int> first = co_await numbers.next();
  std::string said = std::to_string(first.value());
  try {
    co_await numbers.next();
  } catch (const std::logic_error& error) {
    said += error.what();
  }
  const std::optional<int> after = co_await numbers.next();
  co_return said + (after ? ", and more" : ", and the end");
}

TEST(AsyncGenerator, ExceptionsGoThroughItAndOutOfIt) {
  asio::io_context io;
  EXPECT_EQ(run(io, what_escapes(io)), "18from the generator, and the end");
}

async_generator<int> sleeping(asio::io_context& io, std::shared_ptr<int> held) {
  asio::steady_timer timer(io, std::chrono::hours(1));
  co_await timer.async_wait(asio::use_awaitable);
  co_yield *held;
}

TEST(AsyncGenerator, IsCancelledAsItsConsumerIs) {
  asio::io_context io;
  asio::cancellation_signal signal;
  const auto held = std::make_shared<int>(1);
  std::exception_ptr thrown;
  asio::co_spawn(
      io, all_of(sleeping(io, held)),
      asio::bind_cancellation_slot(
          signal.slot(), [&](std::exception_ptr error, std::vector<int>) { thrown = error; }));
  asio::post(io, [&] { signal.emit(asio::cancellation_type::terminal); });
  io.run();
  ASSERT_TRUE(thrown);
  EXPECT_THROW(std::rethrow_exception(thrown), boost::system::system_error);
  EXPECT_EQ(held.use_count(), 1) << "its frame is gone";
}

TEST(AsyncGenerator, GoesWithAContextThatIsDestroyedWhileItWaits) {
  const auto held = std::make_shared<int>(1);
  {
    asio::io_context io;
    asio::co_spawn(io, all_of(sleeping(io, held)), [](std::exception_ptr, std::vector<int>) {});
    io.poll();
    EXPECT_GT(held.use_count(), 1);
  }
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace regatta
