// SPDX-License-Identifier: Apache-2.0
// Three tasks that wait until stdin closes: what `regatta tasks` and the signal are shown.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <iostream>

namespace asio = boost::asio;

asio::awaitable<void> waits_inside() {
  asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours(1));
  co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> waits_outside() { co_await waits_inside(); }

asio::awaitable<void> reads(asio::io_context& io) {
  asio::posix::stream_descriptor input(io, ::dup(STDIN_FILENO));
  char byte = 0;
  std::cout << "ready" << std::endl;
  try {
    co_await input.async_read_some(asio::buffer(&byte, 1), asio::use_awaitable);
  } catch (const std::exception&) {
  }
  io.stop();
}

int main() {
  asio::io_context io(1);
  asio::co_spawn(io, waits_outside(), asio::detached);
  asio::co_spawn(io, reads(io), asio::detached);
  io.run();
}
