// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>
#include <tuple>
#include <utility>

#include "harness/interpreter/interpreter.hpp"

namespace regatta {

/// Awaits one asynchronous operation of a library that calls back once, later, on this thread:
///
///   auto [error, bytes] = co_await operation<error_code, std::size_t>(
///       [&](auto done) { socket.async_read_some(buffer, std::move(done)); });
///
/// REQUIRES: the callback is never called from inside `initiate` (Asio promises that).
template <class... Results, class Initiate>
auto operation(Initiate initiate) {
  struct awaiter {
    Initiate initiate;
    std::tuple<Results...> results{};

    bool await_ready() noexcept { return false; }
    void await_suspend(std::coroutine_handle<> caller) {
      initiate([this, caller](Results... values) {
        results = std::tuple<Results...>(std::move(values)...);
        interpreter::resume(caller);
      });
    }
    std::tuple<Results...> await_resume() { return std::move(results); }
  };
  return awaiter{std::move(initiate)};
}

}  // namespace regatta
