// SPDX-License-Identifier: Apache-2.0
#pragma once

// Tracks coroutine types other than Asio's: one base class and two calls in their promise. Without
// REGATTA_TRACK_TASKS the base is empty, has no await_transform, and the two calls return what they
// are given: the same object code as without them.
//
//   struct promise_type : regatta::tracked_promise<promise_type> {
//     auto initial_suspend() noexcept { return this->tracked_initial(std::suspend_always{}); }
//     auto final_suspend() noexcept { return this->tracked_final(resume_awaiter{}); }
//     …
//   };
//
// A promise that has an await_transform of its own calls tracked_awaiting(awaiter, file, line) in
// it.
#if defined(REGATTA_TRACK_TASKS) && REGATTA_TRACK_TASKS

#include <coroutine>
#include <type_traits>
#include <utility>

#include "harness/diagnostics/task_tracker/task_events.hpp"

namespace regatta {
namespace internal {

template <class Awaitable>
decltype(auto) awaiter_of(Awaitable&& awaited) {
  if constexpr (requires { std::forward<Awaitable>(awaited).operator co_await(); }) {
    return std::forward<Awaitable>(awaited).operator co_await();
  } else if constexpr (requires { operator co_await(std::forward<Awaitable>(awaited)); }) {
    return operator co_await(std::forward<Awaitable>(awaited));
  } else {
    return std::forward<Awaitable>(awaited);
  }
}

/// Back to the loop, unless something else has run meanwhile: it was no task that was awaited.
struct no_task_starts {
  task_record* awaiter;
  ~no_task_starts() {
    if (awaiter == nullptr || this_thread.awaiting != awaiter) return;
    this_thread.awaiting = nullptr;
    leave_tasks(this_thread);
  }
};

/// An awaiter with a note of who awaits it and where. Holds it by value if it was made for this
/// co_await, by reference if it lives in the expression.
template <class Awaiter>
class noted_await {
 public:
  template <class Awaitable>
  noted_await(Awaitable&& awaited, task_record* record, packed_place place)
      : awaiter_(awaiter_of(std::forward<Awaitable>(awaited))), record_(record), place_(place) {}

  decltype(auto) await_ready() { return awaiter_.await_ready(); }
  template <class Promise>
  auto await_suspend(std::coroutine_handle<Promise> self) {
    // The coroutine may be resumed elsewhere, and ended, before the inner await_suspend returns.
    task_awaits_task(record_, place_);
    using result = decltype(awaiter_.await_suspend(self));
    if constexpr (std::is_void_v<result> || std::is_same_v<result, bool>) {
      const no_task_starts afterwards{record_};
      return awaiter_.await_suspend(self);
    } else {
      return awaiter_.await_suspend(self);
    }
  }
  decltype(auto) await_resume() {
    task_resumed(record_);
    return awaiter_.await_resume();
  }

 private:
  Awaiter awaiter_;
  task_record* record_;
  packed_place place_;
};

/// The first suspension, as the promise wants it, and the note that the body begins.
template <class Awaiter>
struct noted_start : Awaiter {
  task_record* record;
  void await_resume() noexcept {
    task_started(record);
    Awaiter::await_resume();
  }
};

}  // namespace internal

/// Put it where a loop destroys the tasks it still has: they go with it, in good order, and none of
/// them is reported as destroyed while pending. Asio's contexts need nothing.
using orderly_task_end = internal::orderly_end;

/// See above. `Promise` is the class that derives from it.
/// Thread safety: as the coroutine: one thread at a time.
template <class Promise>
class tracked_promise {
 public:
  [[gnu::always_inline]] tracked_promise() noexcept
      : record_(internal::task_created(internal::record_kind::task)) {}
  ~tracked_promise() { internal::task_destroyed(record_); }
  tracked_promise(const tracked_promise&) = delete;
  tracked_promise& operator=(const tracked_promise&) = delete;

  template <class Awaiter>
  auto tracked_initial(Awaiter awaiter) noexcept {
    const auto self = std::coroutine_handle<Promise>::from_promise(static_cast<Promise&>(*this));
    internal::task_defined(record_, self.address(), 0, nullptr);  // the symbols know where
    return internal::noted_start<Awaiter>{awaiter, record_};
  }
  template <class Awaiter>
  auto tracked_final(Awaiter awaiter) noexcept {
    internal::task_finished(record_);
    return awaiter;
  }
  template <class Awaitable>
  auto tracked_awaiting(Awaitable&& awaited, const char* file, unsigned line) {
    using awaiter = decltype(internal::awaiter_of(std::forward<Awaitable>(awaited)));
    return internal::noted_await<awaiter>(std::forward<Awaitable>(awaited), record_,
                                          internal::pack_place(file, line));
  }
  template <class Awaitable>
  auto await_transform(Awaitable&& awaited, const char* file = __builtin_FILE(),
                       unsigned line = __builtin_LINE()) {
    return tracked_awaiting(std::forward<Awaitable>(awaited), file, line);
  }

 private:
  internal::task_record* record_;
};

}  // namespace regatta

#else

namespace regatta {

struct orderly_task_end {
  orderly_task_end() noexcept {}  // not trivial, so that it needs no [[maybe_unused]]
};

template <class Promise>
class tracked_promise {
 public:
  template <class Awaiter>
  Awaiter tracked_initial(Awaiter awaiter) noexcept {
    return awaiter;
  }
  template <class Awaiter>
  Awaiter tracked_final(Awaiter awaiter) noexcept {
    return awaiter;
  }
};

}  // namespace regatta

#endif
