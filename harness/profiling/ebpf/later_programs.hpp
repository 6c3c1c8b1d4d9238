// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <thread>

struct loop_watch_bpf;

namespace regatta::profiling {

/// The part of loop_watch.bpf.c that a profile does without in its first moments: what watches all
/// system calls, and the threads' clocks. It is loaded in a thread of its own, so that nobody waits
/// for the kernel to look at it. Thread safety: any thread.
class later_programs {
 public:
  /// Leaves those programs out. Before `first` is loaded.
  static void leave_out(loop_watch_bpf& first);

  /// `first` is loaded, and the maps are those of both.
  explicit later_programs(const loop_watch_bpf& first);
  ~later_programs();
  later_programs(const later_programs&) = delete;
  later_programs& operator=(const later_programs&) = delete;

  /// nullptr: they are not there yet, or the kernel refuses them.
  const loop_watch_bpf* get() const { return loaded_.load(std::memory_order_acquire); }
  /// Whether get() stays as it is.
  bool settled() const { return settled_.load(std::memory_order_acquire); }
  void wait() const { settled_.wait(false, std::memory_order_acquire); }

 private:
  void load(const loop_watch_bpf& first);

  loop_watch_bpf* programs_ = nullptr;           // of the thread, then of the destructor
  std::atomic<const loop_watch_bpf*> loaded_{};  // released by the thread
  std::atomic<bool> settled_{false};             // released by the thread, after loaded_
  std::jthread thread_;
};

}  // namespace regatta::profiling
