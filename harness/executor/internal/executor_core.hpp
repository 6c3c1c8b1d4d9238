// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

#include "harness/executor/internal/call.hpp"

namespace regatta::internal {

/// Where calls are executed, as far as a waiting thread has to know.
enum class call_place { threads, processes };

/// The books of one executor: which calls are pending and how many have not finished. It outlives
/// the executor as long as there are futures. Thread safety: any thread.
class executor_core {
 public:
  explicit executor_core(call_place place) : place_(place) {}

  /// From here to one_finished() the executor waits for it. Throws executor_shut_down.
  void add(call& fresh);
  /// The engine has not taken it: as if it had never been added.
  void take_back(call& refused);
  void no_longer_pending(call& begun);
  void one_finished();

  /// No more add().
  void shut_down();
  bool is_shut_down() const;
  void cancel_pending();
  void wait_until_all_finished();

  bool runs_calls_here() const { return place_ == call_place::threads; }
  /// This thread is at a call, or a callback, of this executor.
  bool is_here() const;
  bool only_this_thread_publishes() const;

 private:
  void unlink(call& known);

  const call_place place_;
  mutable std::mutex mutex_;
  std::condition_variable idle_;
  bool shut_down_ = false;
  std::uint64_t unfinished_ = 0;
  call* first_pending_ = nullptr;
};

/// While it lives, this thread belongs to that executor. `publishes_alone`: and to no other thread
/// falls the end of its calls.
class executor_thread {
 public:
  explicit executor_thread(const executor_core& core, bool publishes_alone = false);
  executor_thread(const executor_thread&) = delete;
  executor_thread& operator=(const executor_thread&) = delete;
  ~executor_thread();

 private:
  const executor_core* const before_;
  const bool alone_before_;
};

}  // namespace regatta::internal
