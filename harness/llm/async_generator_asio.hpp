// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "harness/tasks/result_slot.hpp"

namespace regatta {

/// A coroutine that yields values one at a time and may await Asio's awaitables in between.
///
///   async_generator<int> ticks(int most) {
///     asio::steady_timer timer(co_await …, 1ms);       // any awaitable<T>
///     for (int i = 0; i < most; ++i) {
///       co_await timer.async_wait(asio::use_awaitable);
///       co_yield i;
///     }
///   }
///   …
///   auto each = ticks(3);
///   while (std::optional<int> tick = co_await each.next()) use(*tick);
///
/// (With g++ 12 name the result of co_await first, outside of the condition.) It runs inside of
/// next(), on the consumer's executor, and is cancelled as the consumer is. What escapes from it
/// comes out of next(), once; after that, and after the end, next() answers nullopt.
/// Not for: this_coro::executor and the like, which only an awaitable can be asked for.
/// Thread safety: one consumer at a time.
template <class T, class Executor = boost::asio::any_io_executor>
class [[nodiscard("an async_generator does nothing until next() is awaited")]] async_generator {
 public:
  template <class U>
  using awaitable = boost::asio::awaitable<U, Executor>;

  class promise_type {
   public:
    async_generator get_return_object() noexcept {
      return async_generator(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    std::suspend_always yield_value(T value) {
      yielded_.emplace(std::move(value));
      return {};
    }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { error_ = std::current_exception(); }

    /// The consumer awaits it for the generator: only an awaitable can await another.
    template <class U>
    auto await_transform(awaitable<U> operation) {
      struct awaiter {
        promise_type& self;
        awaitable<U> operation;
        internal::result_slot<U> result{};

        bool await_ready() noexcept { return false; }
        void await_suspend(std::coroutine_handle<>) {
          self.pending_.emplace(run(std::move(operation), result));
        }
        U await_resume() { return result.take(); }
      };
      return awaiter{*this, std::move(operation)};
    }

   private:
    friend class async_generator;

    template <class U>
    static awaitable<void> run(awaitable<U> operation, internal::result_slot<U>& result) {
      try {
        if constexpr (std::is_void_v<U>) {
          co_await std::move(operation);
        } else {
          result.return_value(co_await std::move(operation));
        }
      } catch (...) {
        result.unhandled_exception();
      }
    }

    std::optional<T> yielded_;
    std::exception_ptr error_;
    std::optional<awaitable<void>> pending_;
  };

  async_generator(async_generator && other) noexcept : frame_(std::exchange(other.frame_, {})) {}
  async_generator& operator=(async_generator&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~async_generator() {
    if (frame_) frame_.destroy();
  }

  /// Runs to the next co_yield; nullopt: it has ended. The generator must outlive the wait.
  awaitable<std::optional<T>> next() { return advance(frame_); }

 private:
  explicit async_generator(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}

  static awaitable<std::optional<T>> advance(std::coroutine_handle<promise_type> frame) {
    while (frame && !frame.done()) {
      promise_type& promise = frame.promise();
      frame.resume();
      if (promise.pending_) {
        awaitable<void> operation = std::move(*promise.pending_);
        promise.pending_.reset();
        co_await std::move(operation);
        continue;
      }
      if (promise.error_) std::rethrow_exception(std::exchange(promise.error_, nullptr));
      if (promise.yielded_) {
        std::optional<T> value = std::move(promise.yielded_);
        promise.yielded_.reset();
        co_return std::move(value);
      }
    }
    co_return std::nullopt;
  }

  std::coroutine_handle<promise_type> frame_;
};

}  // namespace regatta
