// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>
#include <time.h>

#include <cstdint>
#include <utility>

#include "harness/diagnostics/task_tracker/task_record.hpp"

namespace regatta::internal {

/// What is left of a task that was destroyed inside another one's destruction.
struct destroyed_child {
  std::uint64_t parent;
  const char* function;
  packed_place awaiting;
};

/// A thread's part of the tracker. Plain words: reaching it costs no guard and no call.
struct tracker_thread {
  task_record* free = nullptr;
  std::uint32_t free_count = 0;
  bool listed = false;  ///< tracker_thread_of knows it
  bool ended = false;   ///< its free records went back; what it frees now goes there directly
  std::uint64_t next_serial = 0;
  std::uint64_t last_serial = 0;    ///< of the block this thread draws from
  task_record* current = nullptr;   ///< runs on this thread now, as far as its last event tells
  task_record* awaiting = nullptr;  ///< has just suspended for the coroutine that starts next
  bool child_finished = false;  ///< the next to be resumed here awaited the one that just finished
  task_record* interrupted[8] = {};  ///< current ones that go on when an inner one suspends
  unsigned interrupted_count = 0;
  std::int64_t last_event = 0;   ///< coarse_now() of a task's latest suspension or resumption here
  unsigned contexts_ending = 0;  ///< execution contexts being destroyed by this thread
  void* watched_context = nullptr;
  std::uint64_t watched_generation = 0;
  std::uintptr_t stack_end = 0;  ///< the highest address of the stack; 0: not known yet
  destroyed_child children[8] = {};
  unsigned children_count = 0;
};
// Hidden behind no wrapper function, since it needs no initialisation.
extern constinit thread_local tracker_thread this_thread;

/// Frames of a creation stack; 0 to deepest_origin.
extern constinit std::atomic<unsigned> origin_depth;

/// Takes 64 records and a block of serials for this thread. False: off, or there is no room.
bool refill(tracker_thread& thread) noexcept;
/// Gives half of a long free list back, for the threads that only create.
void give_back(tracker_thread& thread) noexcept;
/// The registry of this process: null if nothing was ever tracked.
const registry_header* own_registry() noexcept;
/// That thread's part of the tracker; null if it has none. Valid until the thread ends. Any thread.
const tracker_thread* tracker_thread_of(pid_t thread) noexcept;
/// Once per thread, for the walks of creation stacks.
void find_stack_end(tracker_thread& thread) noexcept;

/// To a few milliseconds, for 5 ns. CLOCK_MONOTONIC, in ns.
inline std::int64_t coarse_now() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

inline constexpr std::uint32_t most_free_records = 128;

/// A record with one reference, or null if tracking is off or full. The caller fills in the rest
/// and publishes it. Any thread.
inline task_record* acquire_record() noexcept {
  tracker_thread& thread = this_thread;
  if ((thread.free == nullptr || thread.next_serial == thread.last_serial) && !refill(thread)) {
    return nullptr;
  }
  task_record* const record = thread.free;
  thread.free = record->next_free.load(std::memory_order_relaxed);
  --thread.free_count;
  return record;
}

inline void publish(task_record& record) noexcept {
  record.references.store(1, std::memory_order_relaxed);
  record.serial.store(this_thread.next_serial++, std::memory_order_release);
}

inline void free_record(task_record& record) noexcept {
  tracker_thread& thread = this_thread;
  record.serial.store(0, std::memory_order_release);
  record.next_free.store(thread.free, std::memory_order_relaxed);
  thread.free = &record;
  if (++thread.free_count > most_free_records || thread.ended) give_back(thread);
}

/// Drops one reference. Any thread.
inline void release_record(task_record& record) noexcept {
  // Nobody but a holder adds one, so the only holder needs no locked instruction.
  if (record.references.load(std::memory_order_acquire) == 1 ||
      record.references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    free_record(record);
  }
}

/// Keeps a task's record readable after the task itself has ended.
class record_reference {
 public:
  record_reference() = default;
  explicit record_reference(task_record* record) noexcept : record_(record) {
    if (record_ != nullptr) record_->references.fetch_add(1, std::memory_order_relaxed);
  }
  record_reference(const record_reference& other) noexcept : record_reference(other.record_) {}
  record_reference(record_reference&& other) noexcept
      : record_(std::exchange(other.record_, nullptr)) {}
  record_reference& operator=(record_reference other) noexcept {
    std::swap(record_, other.record_);
    return *this;
  }
  ~record_reference() {
    if (record_ != nullptr) release_record(*record_);
  }
  task_record* get() const noexcept { return record_; }

 private:
  task_record* record_ = nullptr;
};

}  // namespace regatta::internal
