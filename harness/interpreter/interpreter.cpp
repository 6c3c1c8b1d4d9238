// SPDX-License-Identifier: Apache-2.0
#include "harness/interpreter/interpreter.hpp"

#include <pthread.h>

#include <cerrno>
#include <memory>
#include <thread>

#include "harness/interpreter/interpreter_lock.hpp"
#include "harness/interpreter/shared_objects.hpp"

namespace regatta::interpreter {
namespace {

std::unique_ptr<interpreter_lock>& process_lock() {
  static std::unique_ptr<interpreter_lock> lock;
  return lock;
}

thread_local bool holds = false;

// Only the thread that forked lives on in the child, and whoever held the lock is not it, or is it
// and shall begin anew. The old lock's memory may be in any state: it is left alone.
void begin_anew_in_child() {
  if (!internal::is_locking()) return;
  (void)process_lock().release();
  internal::attention.store(false, std::memory_order_relaxed);
  process_lock() = std::make_unique<interpreter_lock>(internal::attention);
  holds = false;
}

}  // namespace

void use(lock_model model) {
  [[maybe_unused]] static const int once = ::pthread_atfork(nullptr, nullptr, begin_anew_in_child);
  holds = false;
  // Free-threaded code touches shared objects at every checkpoint.
  internal::attention.store(model == lock_model::free_threaded, std::memory_order_relaxed);
  process_lock() =
      model == lock_model::gil ? std::make_unique<interpreter_lock>(internal::attention) : nullptr;
  internal::model.store(model, std::memory_order_relaxed);
}

lock_model in_use() { return internal::model.load(std::memory_order_relaxed); }

std::uint64_t switches() { return process_lock() ? process_lock()->switches() : 0; }

namespace internal {

bool this_thread_holds() { return holds; }

void take() {
  const int error = errno;  // what it is let go around may be a system call
  process_lock()->take();
  errno = error;
  holds = true;
}

void drop() {
  holds = false;
  process_lock()->drop();
}

void attend() {
  if (in_use() == lock_model::free_threaded) return shared_objects::pass();
  if (!holds) return;  // native code: it is not the one who is asked
  drop();
  take();
}

}  // namespace internal

buffer run_kernel(const kernel_call& call, bytes_view dataset, bytes_view input) {
  if (call.kind == kernel_kind::native) {
    const released lock;
    return call.function(dataset, input);
  }
  const section python;
  return call.function(dataset, input);
}

void sleep_until(std::chrono::steady_clock::time_point when) {
  if (when <= std::chrono::steady_clock::now()) return;
  const released waiting;
  std::this_thread::sleep_until(when);
}

}  // namespace regatta::interpreter
