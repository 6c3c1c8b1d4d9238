// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/handler_tracking/tracked_thread.hpp"

#include <pthread.h>
#include <unistd.h>

#include "harness/diagnostics/handler_tracking/counted_loops.hpp"

namespace regatta::internal {

constinit thread_local tracked_thread* own_tracked_thread = nullptr;

namespace {

constinit std::atomic<handler_slot*> first_slot{nullptr};

// A free one, or a new one. Slots stay: the watchdog may look at one at any time.
tracked_thread& take_slot() {
  const pid_t self = ::gettid();
  for (handler_slot* slot = first_slot.load(std::memory_order_acquire); slot != nullptr;
       slot = slot->next) {
    pid_t free = 0;  // pairs with the release of the thread that left it
    if (slot->thread.compare_exchange_strong(free, self, std::memory_order_acquire)) {
      return *static_cast<tracked_thread*>(slot);
    }
  }
  auto* const made = new tracked_thread;
  made->thread.store(self, std::memory_order_relaxed);
  made->next = first_slot.load(std::memory_order_relaxed);
  while (!first_slot.compare_exchange_weak(made->next, made, std::memory_order_release,
                                           std::memory_order_relaxed)) {
  }
  return *made;
}

void find_stack(tracked_thread& thread) {
  thread.stack_begin = thread.stack_end = 0;  // nothing is inside: no walk
  pthread_attr_t attributes;
  if (::pthread_getattr_np(::pthread_self(), &attributes) != 0) return;
  void* low = nullptr;
  std::size_t size = 0;
  if (::pthread_attr_getstack(&attributes, &low, &size) == 0) {
    thread.stack_begin = reinterpret_cast<std::uintptr_t>(low);
    thread.stack_end = thread.stack_begin + size;
  }
  ::pthread_attr_destroy(&attributes);
}

struct thread_end {
  ~thread_end() {
    tracked_thread* const thread = own_tracked_thread;
    if (thread == nullptr || thread->innermost != nullptr) return;  // inside of a handler
    for (loop_counters& counters : thread->contexts) retire_counters(counters);
    thread->counters = nullptr;
    thread->reported = nullptr;
    own_tracked_thread = nullptr;
    thread->thread.store(0, std::memory_order_release);
  }
};

}  // namespace

handler_slot* first_handler_slot() noexcept { return first_slot.load(std::memory_order_acquire); }

tracked_thread& begin_tracking() noexcept {
  tracked_thread& thread = take_slot();
  find_stack(thread);
  thread.rough_ticks = to_ticks(rough_delay);
  static const std::exception_ptr& run_mark =
      *new std::exception_ptr(std::make_exception_ptr("the same call of run()"));
  thread.run_mark = run_mark;
  own_tracked_thread = &thread;
  static thread_local thread_end at_end;
  (void)at_end;
  return thread;
}

loop_counters& find_counters(tracked_thread& thread, const void* context) noexcept {
  loop_counters* oldest = &thread.contexts.front();
  for (loop_counters& counters : thread.contexts) {
    const void* const owner = counters.context.load(std::memory_order_relaxed);
    if (owner == context) {
      counters.last_used = now_ticks();
      thread.counters = &counters;
      return counters;
    }
    if (owner == nullptr) counters.last_used = 0;
    if (counters.last_used < oldest->last_used) oldest = &counters;
  }
  retire_counters(*oldest);
  oldest->last_used = now_ticks();
  oldest->context.store(context, std::memory_order_release);
  thread.counters = oldest;
  return *oldest;
}

}  // namespace regatta::internal
