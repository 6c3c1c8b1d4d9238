// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/version.hpp>
#include <coroutine>
#include <type_traits>
#include <utility>

#include "harness/diagnostics/task_tracker/context_end_asio.hpp"
#include "harness/diagnostics/task_tracker/detached_asio.hpp"
#include "harness/diagnostics/task_tracker/task_events.hpp"

// What follows knows Asio's insides; a release of Boost is added here after its tests have passed.
static_assert(BOOST_VERSION / 100 == 1081, "the task tracker knows Boost 1.81; build without it");

namespace regatta::internal {

template <class T, class Executor, record_kind Kind>
class tracked_frame;

/// What co_await gives in a tracked coroutine: Asio's own awaiter, and a note of where and when.
template <class Awaiter, class Promise, bool AwaitsTask>
class tracked_await {
 public:
  template <class Make>
  tracked_await(Make&& make, Promise& promise, packed_place place)
      : awaiter_(make()), promise_(promise), place_(place) {}

  bool await_ready() noexcept(noexcept(std::declval<Awaiter&>().await_ready())) {
    return awaiter_.await_ready();
  }

  void await_suspend(std::coroutine_handle<Promise> self) {
    using plain_frame = typename Promise::plain_frame;
    const auto plain = std::coroutine_handle<plain_frame>::from_address(self.address());
    if constexpr (AwaitsTask) {
      task_awaits_task(promise_.record(), place_);
      awaiter_.await_suspend(plain);
    } else {
      task_suspended(promise_.record(), place_);
      awaiter_.await_suspend(plain);
      promise_.attribute_initiation();
    }
  }

  decltype(auto) await_resume() {
    task_resumed(promise_.record());
    return awaiter_.await_resume();
  }

 private:
  Awaiter awaiter_;
  Promise& promise_;
  packed_place place_;
};

struct tracked_initial_suspend {
  task_record* record;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  void await_resume() const noexcept { task_started(record); }
};

/// Asio's promise with a record beside it. Asio converts between handles of its own promise type
/// and addresses of it, so it must be at the same address, with the same alignment, as this one.
template <class T, class Executor, record_kind Kind>
class tracked_frame : public boost::asio::detail::awaitable_frame<T, Executor> {
 public:
  using plain_frame = boost::asio::detail::awaitable_frame<T, Executor>;

  [[gnu::always_inline]] tracked_frame() noexcept : record_(task_created(Kind)) {}

  /// Of a root: co_spawn_entry_point's parameters are here to be asked.
  template <class U, class F, class Handler>
    requires(Kind == record_kind::root)
  [[gnu::always_inline]] tracked_frame(boost::asio::awaitable<U, Executor>*, Executor& executor, F&,
                                       Handler& handler)
      : record_(task_created(Kind)) {
    root_created(record_);
    watch_context_of(executor);
    if constexpr (std::is_base_of_v<lost_exception_reporter, Handler>) handler.attach(record_);
  }

  ~tracked_frame() { task_destroyed(record_); }
  tracked_frame(const tracked_frame&) = delete;
  tracked_frame& operator=(const tracked_frame&) = delete;

  auto initial_suspend(const char* file = __builtin_FILE(), unsigned line = __builtin_LINE(),
                       const char* function = __builtin_FUNCTION()) noexcept {
    static_assert(alignof(tracked_frame) == alignof(plain_frame));
    if constexpr (Kind != record_kind::root) {  // a root is called after the task it runs
      const auto self = std::coroutine_handle<tracked_frame>::from_promise(*this);
      task_defined(record_, self.address(), pack_place(file, line), function);
    }
    return tracked_initial_suspend{record_};
  }

  auto final_suspend() noexcept {
    task_finished(record_);
    return plain_frame::final_suspend();
  }

  template <class U>
  auto await_transform(boost::asio::awaitable<U, Executor> awaited,
                       const char* file = __builtin_FILE(), unsigned line = __builtin_LINE()) {
    const packed_place place = pack_place(file, line);
    if (!awaited.valid()) awaited_twice(record_, place);
    const auto make = [&] { return plain_frame::await_transform(std::move(awaited)); };
    return tracked_await<decltype(make()), tracked_frame, true>(make, *this, place);
  }

  template <class Awaited>
  auto await_transform(Awaited&& awaited, const char* file = __builtin_FILE(),
                       unsigned line = __builtin_LINE()) {
    const auto make = [&] { return plain_frame::await_transform(std::forward<Awaited>(awaited)); };
    return tracked_await<decltype(make()), tracked_frame, false>(make, *this,
                                                                 pack_place(file, line));
  }

  task_record* record() const noexcept { return record_; }

  /// Asio begins an operation after the coroutine is suspended. What is spawned by it, as `a && b`
  /// does, is spawned by the task that awaits it.
  void attribute_initiation() noexcept {
    auto* const context = this->resume_context_;
    if (record_ == nullptr || context->after_suspend_fn_ == nullptr) return;
    begin_ = std::exchange(context->after_suspend_fn_, [](void* frame) {
      const auto* const self = static_cast<tracked_frame*>(frame);
      // Once begun, the operation may complete on another thread and end this frame.
      const auto begin = self->begin_;
      void* const argument = self->begin_argument_;
      task_record* const spawner =
          Kind == record_kind::operation
              ? self->record_->parent_record.load(std::memory_order_relaxed)
              : self->record_;
      const spawning_for attributed(spawner);
      begin(argument);
    });
    begin_argument_ = std::exchange(context->after_suspend_arg_, this);
  }

 private:
  task_record* record_;
  void (*begin_)(void*) = nullptr;
  void* begin_argument_ = nullptr;
};

}  // namespace regatta::internal

// More specialised than Asio's <awaitable<T, Executor>, Args...>, for every executor.
namespace std {

template <class T, class Executor>
struct coroutine_traits<boost::asio::awaitable<T, Executor>> {
  using promise_type =
      regatta::internal::tracked_frame<T, Executor, regatta::internal::record_kind::task>;
};

template <class T, class Executor, class First, class... Rest>
struct coroutine_traits<boost::asio::awaitable<T, Executor>, First, Rest...> {
  using promise_type =
      regatta::internal::tracked_frame<T, Executor, regatta::internal::record_kind::task>;
};

// async_result<use_awaitable_t>::initiate: a coroutine that starts an operation and by design never
// ends, so that its frame is always destroyed while it is suspended.
template <class T, class Executor, class Initiation, class... Args>
struct coroutine_traits<boost::asio::awaitable<T, Executor>, Initiation,
                        boost::asio::use_awaitable_t<Executor>, Args...> {
  static constexpr auto kind = std::is_reference_v<Initiation>
                                   ? regatta::internal::record_kind::task  // a member function
                                   : regatta::internal::record_kind::operation;
  using promise_type = regatta::internal::tracked_frame<T, Executor, kind>;
};

template <class T, class Executor, class F, class Handler>
struct coroutine_traits<
    boost::asio::awaitable<boost::asio::detail::awaitable_thread_entry_point, Executor>,
    boost::asio::awaitable<T, Executor>*, Executor, F, Handler> {
  using promise_type =
      regatta::internal::tracked_frame<boost::asio::detail::awaitable_thread_entry_point, Executor,
                                       regatta::internal::record_kind::root>;
};

}  // namespace std
