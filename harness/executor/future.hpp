// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

#include "harness/executor/errors.hpp"
#include "harness/executor/internal/result_call.hpp"

namespace regatta {

/// What a submitted call will have answered. A handle: copies look at the same call, and dropping
/// it neither cancels nor waits.
///
///   future<int> answer = executor.submit(count_words, text);
///   answer.add_done_callback([](const future<int>& f) { report(f.result()); });
///   int words = answer.result(2s);
///
/// Thread safety: any thread; the reference that result() answers is shared by all copies.
template <class R>
class [[nodiscard("the result, or the exception, comes through it")]] future {
 public:
  using value_type = R;
  using timeout = std::chrono::nanoseconds;

  explicit future(std::shared_ptr<internal::result_call<R>> call) : call_(std::move(call)) {}

  /// Finished, or cancelled.
  bool done() const { return call_->finished(); }
  /// Begun and not finished: it can no longer be cancelled.
  bool running() const { return call_->status() == internal::call_status::running; }
  bool cancelled() const { return call_->status() == internal::call_status::cancelled; }
  /// Cancels it if it has not begun. True if it is cancelled, now or before.
  bool cancel() { return call_->cancel(); }

  /// Waits; answers the result or throws what the call has thrown, or cancelled_error. The
  /// reference is valid as long as there is a copy of this future.
  decltype(auto) result() const& {
    call_->wait(std::nullopt);
    return value();
  }
  /// Throws timeout_error if it takes longer; the call goes on.
  decltype(auto) result(timeout limit) const& {
    wait_for(limit);
    return value();
  }
  /// Of a future that is going away: the result itself; a copy if it can be copied.
  R result()&& {
    call_->wait(std::nullopt);
    return move_out();
  }
  R result(timeout limit)&& {
    wait_for(limit);
    return move_out();
  }
  /// The result, moved out of the call: for what is large or cannot be copied. All copies of the
  /// future have a moved-from value then.
  R take() {
    call_->wait(std::nullopt);
    if constexpr (std::is_void_v<R>) {
      call_->value();
    } else {
      return std::move(call_->value());
    }
  }

  /// Waits; what the call has thrown, or null. Throws cancelled_error, timeout_error.
  std::exception_ptr exception() const {
    call_->wait(std::nullopt);
    return call_->error();
  }
  std::exception_ptr exception(timeout limit) const {
    wait_for(limit);
    return call_->error();
  }

  /// Calls `callback(*this)` once it is done or cancelled: on the thread that finishes it, in the
  /// order in which they were added; at once, here, if it is done already. An exception of a
  /// callback goes to the handler of set_exception_handler(), without one to stderr, and keeps no
  /// other callback from being called.
  template <class Callback>
  void add_done_callback(Callback callback) const {
    // Shared: a std::function must be copyable, a callback need not be.
    const auto held = std::make_shared<Callback>(std::move(callback));
    call_->when_finished([self = *this, held] { (*held)(self); });
  }

  /// The same call?
  bool operator==(const future&) const = default;

  /// For wait() and as_completed().
  const std::shared_ptr<internal::result_call<R>>& call() const { return call_; }

 private:
  decltype(auto) value() const {
    if constexpr (std::is_void_v<R>) {
      call_->value();
    } else {
      return static_cast<const R&>(call_->value());
    }
  }
  R move_out() {
    if constexpr (std::is_void_v<R>) {
      call_->value();
    } else if constexpr (std::is_copy_constructible_v<R>) {
      return call_->value();
    } else {
      return std::move(call_->value());
    }
  }
  void wait_for(timeout limit) const {
    if (!call_->wait(internal::limit_after(limit))) {
      throw timeout_error("the call had not finished when the time was up; it goes on");
    }
  }

  std::shared_ptr<internal::result_call<R>> call_;
};

}  // namespace regatta
