// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "harness/executor/internal/call.hpp"
#include "harness/executor/internal/executor_core.hpp"
#include "harness/executor/internal/process_options.hpp"
#include "harness/platform/child_process.hpp"
#include "harness/process/kernel_rings.hpp"

namespace regatta::internal {

/// A thread that gives calls to worker processes through kernel_rings, collects what they answer,
/// and replaces workers that die. Thread safety: push() from any thread.
class ring_dispatcher {
 public:
  /// Returns when all workers are ready, or throws what kept one from it.
  ring_dispatcher(const executor_core& core, const process_options& options);
  /// REQUIRES: every call has finished.
  ~ring_dispatcher();

  /// Throws cannot_travel if the call is larger than a message can be.
  void push(std::shared_ptr<call> work);

 private:
  // A call at a worker, or on its way to it; begun already.
  struct sent_call {
    std::shared_ptr<call> work;
    std::uint64_t slot;
  };
  struct worker {
    pid_t pid = -1;
    unique_fd life;             ///< the worker ends when it closes
    std::deque<sent_call> out;  ///< in the order in which they were sent
    std::vector<std::uint64_t> free_slots;
    std::uint64_t answered = 0;
  };

  void dispatch();
  void start(unsigned index);
  /// True if anything had come.
  bool collect(unsigned index);
  /// Sends what is waiting to workers that have room.
  void feed();
  std::shared_ptr<call> take();
  void send(unsigned index, std::shared_ptr<call> work);
  unsigned least_loaded() const;
  void bury_the_dead();
  void bury(unsigned index, const exit_status& status);
  void give_up_calls(const std::string& why);
  std::size_t calls_out() const;
  void sleep();

  const executor_core& core_;
  const process_options options_;
  kernel_rings rings_;
  std::unique_ptr<fork_server> server_;
  std::vector<worker> workers_;
  std::deque<std::shared_ptr<call>>
      again_;  ///< begun, but their worker died before it came to them
  std::mutex mutex_;
  std::deque<std::shared_ptr<call>> waiting_;
  std::atomic<std::size_t> waiting_count_{0};  ///< of waiting_, for who does not hold the mutex
  std::atomic<bool> stopping_{false};
  std::jthread thread_;
};

}  // namespace regatta::internal
