// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace regatta::internal {

/// A loop as it is at one moment, read under its own lock.
struct loop_glance {
  std::uint64_t polls = 0;      ///< odd: a thread asks the kernel for events just now
  pid_t poller = 0;             ///< the thread that asked last; 0: none yet
  const void* front = nullptr;  ///< the handler that is next; changes when one is taken
  bool has_reactor = false;     ///< between any two handlers of a lone thread polls or front change
  bool stopped = true;          ///< run() has returned, is about to, or the context is gone

  bool polls_now() const { return polls % 2 == 1; }
  bool operator==(const loop_glance&) const = default;
};

/// The event loop as the watchdog needs it. What implements it knows the inside of Asio.
/// Thread safety: any thread.
class watched_loop {
 public:
  virtual ~watched_loop() = default;

  virtual loop_glance glance() = 0;
  /// Handlers that are ready, counted up to `most`.
  virtual std::size_t ready(std::size_t most) = 0;

  /// The scheduler's bytes: a thread that waits for a futex in here waits for work.
  std::uintptr_t begin = 0, end = 0;
  /// What a thread notes on its stack when it enters run(), poll() or run_one(): this word, the
  /// address of its information, which its handlers may change, and the note of the run() around
  /// it.
  std::uintptr_t run_mark = 0;
  std::size_t thread_info_size = 0;
  const void* context = nullptr;  ///< the execution_context

  /// A thread that has polled or made the watch, and where in its storage the address of its
  /// innermost note is, and where the thread's own block (the C library's pthread_t) is.
  struct server {
    std::atomic<pid_t> thread{0};
    std::atomic<std::uintptr_t> innermost_note{0};
    std::atomic<std::uintptr_t> block{0};
  };
  std::array<server, 128> servers{};
};

}  // namespace regatta::internal
