// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iterator>
#include <utility>

#include "harness/diagnostics/task_tracker/origin.hpp"
#include "harness/diagnostics/task_tracker/registry.hpp"

// What happens to a task, in the order it may happen. Every function takes null for "not tracked".
// Fast paths only: what has something to report leaves for task_findings.cpp.
namespace regatta::internal {

/// A coroutine, or a lazy operation, was made. Inlined down to the coroutine's own beginning, whose
/// caller is thus the first return address.
[[gnu::always_inline]] inline task_record* task_created(record_kind kind) noexcept {
  task_record* const record = acquire_record();
  if (record == nullptr) return nullptr;
  record->kind.store(kind, std::memory_order_relaxed);
  record->state.store(record_state::created, std::memory_order_release);
  record->parent.store(0, std::memory_order_release);
  record->parent_record.store(nullptr, std::memory_order_relaxed);
  record->awaiting.store(0, std::memory_order_release);
  record->definition.store(0, std::memory_order_release);
  record->function.store(nullptr, std::memory_order_release);
  record->code.store(0, std::memory_order_release);
  // A clock is a third of all that tracking costs: inside a task its last event is near enough.
  const tracker_thread& thread = this_thread;
  const std::int64_t now = thread.current != nullptr ? thread.last_event : coarse_now();
  record->created.store(now, std::memory_order_release);
  record->since.store(now, std::memory_order_release);
  record_origin(*record);
  publish(*record);
  return record;
}

/// Its frame and definition are known, as of its initial suspend point.
inline void task_defined(task_record* record, const void* frame, packed_place place,
                         const char* function) noexcept {
  if (record == nullptr) return;
  // A frame begins with the address of the coroutine's body: all compilers that share an ABI agree.
  const void* const body = *static_cast<const void* const*>(frame);
  record->code.store(reinterpret_cast<std::uintptr_t>(body), std::memory_order_release);
  record->definition.store(place, std::memory_order_release);
  record->function.store(function, std::memory_order_release);
}

inline void set_parent(task_record& record, task_record* parent) noexcept {
  record.parent_record.store(parent, std::memory_order_relaxed);
  record.parent.store(parent != nullptr ? parent->serial.load(std::memory_order_relaxed) : 0,
                      std::memory_order_release);
}

/// A spawned root: it begins by itself, made by what runs on this thread.
inline void root_created(task_record* record) noexcept {
  if (record != nullptr) set_parent(*record, this_thread.current);
}

/// A root is called after the task it runs, so that whoever holds it can name that.
inline void name_root(task_record& root, const task_record& task) noexcept {
  if (root.function.load(std::memory_order_relaxed) != nullptr) return;
  root.code.store(task.code.load(std::memory_order_relaxed), std::memory_order_release);
  root.definition.store(task.definition.load(std::memory_order_relaxed), std::memory_order_release);
  root.function.store(task.function.load(std::memory_order_relaxed), std::memory_order_release);
}

/// Control comes from outside of the tasks, or from a task that goes on afterwards.
inline void enter_tasks(tracker_thread& thread) noexcept {
  thread.last_event = coarse_now();
  if (thread.current == nullptr) {
    thread.interrupted_count = 0;
  } else if (thread.interrupted_count < std::size(thread.interrupted)) {
    thread.interrupted[thread.interrupted_count++] = thread.current;
  }
}

/// And goes back there.
inline void leave_tasks(tracker_thread& thread) noexcept {
  thread.current =
      thread.interrupted_count != 0 ? thread.interrupted[--thread.interrupted_count] : nullptr;
}

/// It runs for the first time. Who suspended last on this thread did it for this task: no layout of
/// a foreign frame is needed to know the awaiter, and frames of untracked code are passed over.
inline void task_started(task_record* record) noexcept {
  tracker_thread& thread = this_thread;
  task_record* const parent = std::exchange(thread.awaiting, nullptr);
  const bool is_root =
      record != nullptr && record->kind.load(std::memory_order_relaxed) == record_kind::root;
  if (is_root || parent == nullptr) enter_tasks(thread);
  thread.current = record;
  thread.child_finished = false;
  if (record == nullptr) return;
  record->state.store(record_state::running, std::memory_order_release);
  if (is_root) return;
  set_parent(*record, parent);
  if (parent == nullptr || parent->kind.load(std::memory_order_relaxed) != record_kind::root)
    return;
  if (record->kind.load(std::memory_order_relaxed) == record_kind::task)
    name_root(*parent, *record);
}

inline void mark_suspended(task_record* record, packed_place place) noexcept {
  if (record == nullptr) return;
  record->awaiting.store(place, std::memory_order_release);
  const std::int64_t now = this_thread.last_event = coarse_now();
  record->since.store(now, std::memory_order_release);
  record->state.store(record_state::suspended, std::memory_order_release);
}

/// Suspended for something that is no task.
inline void task_suspended(task_record* record, packed_place place) noexcept {
  leave_tasks(this_thread);
  mark_suspended(record, place);
}

/// Suspended for another coroutine, which starts next on this thread.
inline void task_awaits_task(task_record* record, packed_place place) noexcept {
  tracker_thread& thread = this_thread;
  thread.current = nullptr;
  thread.awaiting = record;
  mark_suspended(record, place);
}

inline void task_resumed(task_record* record) noexcept {
  tracker_thread& thread = this_thread;
  thread.awaiting = nullptr;
  if (thread.current == record) return;  // it was ready, and never suspended
  if (!std::exchange(thread.child_finished, false)) enter_tasks(thread);
  thread.current = record;
  if (record != nullptr) record->state.store(record_state::running, std::memory_order_release);
}

inline void task_finished(task_record* record) noexcept {
  tracker_thread& thread = this_thread;
  if (record == nullptr) return;
  record->state.store(record_state::finished, std::memory_order_release);
  thread.child_finished = record->kind.load(std::memory_order_relaxed) != record_kind::root &&
                          record->parent.load(std::memory_order_relaxed) != 0;
  if (thread.child_finished) {
    thread.current = nullptr;
  } else {
    leave_tasks(thread);
  }
}

/// Reports the task, if that is due. Not inlined.
void destroyed_unfinished(task_record& record) noexcept;

inline void task_destroyed(task_record* record) noexcept {
  if (record == nullptr) return;
  if (record->state.load(std::memory_order_relaxed) != record_state::finished) {
    destroyed_unfinished(*record);
  }
  release_record(*record);
}

/// Whoever awaits at `place` awaits something that was awaited before, or moved from. Reports it
/// and throws std::logic_error: going on would be a null pointer's end.
[[noreturn]] void awaited_twice(task_record* awaiter, packed_place place);

/// Everything that is destroyed on this thread while one of these lives is destroyed in good order,
/// with whatever it belonged to: nothing of it is reported as pending.
class orderly_end {
 public:
  orderly_end() noexcept { ++this_thread.contexts_ending; }
  ~orderly_end() { --this_thread.contexts_ending; }
  orderly_end(const orderly_end&) = delete;
  orderly_end& operator=(const orderly_end&) = delete;
};

/// For as long as it lives, what is spawned on this thread is spawned by `record`.
class spawning_for {
 public:
  explicit spawning_for(task_record* record) noexcept
      : former_(std::exchange(this_thread.current, record)) {}
  ~spawning_for() { this_thread.current = former_; }
  spawning_for(const spawning_for&) = delete;
  spawning_for& operator=(const spawning_for&) = delete;

 private:
  task_record* former_;
};

}  // namespace regatta::internal
