// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "harness/contexts/deadline.hpp"
#include "harness/llm/internal/llm_fault.hpp"
#include "harness/llm/internal/transfer.hpp"

namespace regatta::internal {

/// The asynchronous colour of the client: operations suspend the coroutine.
struct asio_io {
  template <class T>
  using task = boost::asio::awaitable<T>;

  boost::asio::any_io_executor executor;

  class signal;
  class socket;
};

/// What one coroutine waits for that is not a socket. Thread safety: notify() from any thread.
class asio_io::signal {
 public:
  explicit signal(const asio_io& io) : state_(std::make_shared<state>(io.executor)) {}

  /// Returns after notify(), or at `until`. Takes the lock off meanwhile. Throws llm_fault if the
  /// coroutine is cancelled.
  task<void> wait(std::unique_lock<std::mutex>& lock, deadline until) {
    namespace asio = boost::asio;
    lock.unlock();
    if (!state_->notified) {
      state_->timer.expires_at(until);
      co_await state_->timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    const asio::cancellation_state cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) {
      throw llm_fault(llm_failure::cancelled, "it was cancelled");
    }
    state_->notified = false;
    lock.lock();
  }

  void notify() {
    boost::asio::dispatch(state_->timer.get_executor(), [state = state_] {
      state->notified = true;
      state->timer.cancel();
    });
  }

 private:
  struct state {
    explicit state(const boost::asio::any_io_executor& executor) : timer(executor) {}
    boost::asio::steady_timer timer;
    bool notified = false;
  };
  std::shared_ptr<state> state_;  // also of notifications under way
};

/// A TCP connection with deadlines. Thread safety: its executor's thread.
class asio_io::socket {
 public:
  explicit socket(const asio_io& io) : stream_(io.executor) {}

  /// Gives up what it was connected to.
  task<transfer> connect(const std::string& address, unsigned short port, deadline limit) {
    namespace asio = boost::asio;
    stream_.close();
    boost::system::error_code no_address;
    const auto ip = asio::ip::make_address(address, no_address);
    if (no_address) co_return transfer{.error = no_address};
    expire(limit);
    const asio::ip::tcp::endpoint peer(ip, port);
    const auto [error] = co_await stream_.async_connect(peer, asio::as_tuple(asio::use_awaitable));
    if (!error) {
      boost::system::error_code ignored;
      stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
    }
    co_return ended(error, 0);
  }

  task<transfer> read_some(char* to, std::size_t size, deadline limit) {
    namespace asio = boost::asio;
    expire(limit);
    const auto [error, count] = co_await stream_.async_read_some(
        asio::buffer(to, size), asio::as_tuple(asio::use_awaitable));
    co_return ended(error == asio::error::eof ? boost::system::error_code() : error, count);
  }

  task<transfer> write_all(std::string_view bytes, deadline limit) {
    namespace asio = boost::asio;
    expire(limit);
    const auto [error, count] = co_await asio::async_write(
        stream_, asio::buffer(bytes.data(), bytes.size()), asio::as_tuple(asio::use_awaitable));
    co_return ended(error, count);
  }

  /// What is under way ends, and so does everything after it.
  void interrupt() { stream_.close(); }
  int handle() { return stream_.socket().native_handle(); }

 private:
  void expire(deadline limit) {
    if (limit == no_deadline) {
      stream_.expires_never();
    } else {
      stream_.expires_at(limit);
    }
  }

  static transfer ended(boost::system::error_code error, std::size_t count) {
    if (error == boost::beast::error::timeout) return {.count = count, .expired = true};
    if (error == boost::asio::error::operation_aborted ||
        error == boost::asio::error::bad_descriptor) {
      return {.count = count, .interrupted = true};
    }
    return {.count = count, .error = error};
  }

  boost::beast::tcp_stream stream_;
};

}  // namespace regatta::internal
