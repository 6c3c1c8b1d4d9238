// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstdint>

#include "harness/bytes.hpp"
#include "harness/item.hpp"
#include "harness/lock_model.hpp"

/// The interpreter-lock model of this process: what would be Python code in a Python program says
/// so, by a section; what would let go of the interpreter's lock says so, too.
///
///   const interpreter::section python;          // an item's own code
///   {
///     const interpreter::released waiting;      // I/O that blocks
///     ::read(…);
///   }
///   for (…) interpreter::checkpoint();          // in the loop of a long interpreted kernel
///
/// Without a model each of them costs a load and a branch. Like CPython's, the lock is the
/// process's, and a forked child has a fresh one. Thread safety: any thread.
namespace regatta::interpreter {

/// From now on. REQUIRES: no other thread runs items.
void use(lock_model model);
lock_model in_use();

/// Times the lock went from one thread to another since use().
std::uint64_t switches();

namespace internal {

inline constinit std::atomic<lock_model> model{lock_model::none};
/// A thread is to look what it is asked for at its next checkpoint.
inline constinit std::atomic<bool> attention{false};

// Relaxed: set before the threads that look exist.
inline bool is_locking() { return model.load(std::memory_order_relaxed) == lock_model::gil; }

bool this_thread_holds();
void take();
void drop();
void attend();

}  // namespace internal

/// Where interpreted code may be interrupted: CPython looks at each jump back and each call.
/// Under a million threads or none: a load and a branch, unless something is asked for.
inline void checkpoint() {
  // Relaxed: a hint that may come a little late.
  if (internal::attention.load(std::memory_order_relaxed)) [[unlikely]]
    internal::attend();
}

/// Interpreted code runs while this lives. Within another section of the same thread: a checkpoint.
class [[nodiscard("the section lasts as long as the object")]] section {
 public:
  section() {
    if (!internal::is_locking()) return;
    if (internal::this_thread_holds()) {
      checkpoint();
    } else {
      internal::take();
      took_ = true;
    }
  }
  ~section() {
    if (took_) internal::drop();
  }
  section(const section&) = delete;
  section& operator=(const section&) = delete;

 private:
  bool took_ = false;
};

/// The lock is let go while this lives, if this thread holds it: blocking I/O, native code.
/// REQUIRES at its end: this thread holds no mutex that code in a section may wait for.
class [[nodiscard("the lock is let go as long as the object lives")]] released {
 public:
  released() {
    if (!internal::is_locking() || !internal::this_thread_holds()) return;
    internal::drop();
    dropped_ = true;
  }
  ~released() {
    if (dropped_) internal::take();
  }
  released(const released&) = delete;
  released& operator=(const released&) = delete;

 private:
  bool dropped_ = false;
};

/// A kernel as Python would run it: an interpreted one in a section, a native one without the lock.
buffer run_kernel(const kernel_call& call, bytes_view dataset, bytes_view input);

/// Sleeps without the lock, if there is anything to sleep for.
void sleep_until(std::chrono::steady_clock::time_point when);

/// For event loops, which hold the lock from the first handler that is Python code until they wait
/// again: asyncio's loop lets go of it in select() only. Any number of resume() to one let_go().
inline void resume(std::coroutine_handle<> suspended) {
  if (internal::is_locking()) {
    if (internal::this_thread_holds()) {
      checkpoint();
    } else {
      internal::take();
    }
  }
  suspended.resume();
}
inline void let_go() {
  if (internal::is_locking() && internal::this_thread_holds()) internal::drop();
}

}  // namespace regatta::interpreter
