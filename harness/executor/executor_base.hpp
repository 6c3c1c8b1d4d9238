// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/executor/internal/executor_core.hpp"

namespace regatta {

namespace internal {
class engine;
}

/// What is known of an executor before one is made.
struct executor_info {
  std::string name;            ///< as the backend's: "thread", "coroutine+process"
  std::string summary;         ///< one line, no full stop
  bool concurrent = true;      ///< false: submit() returns when the call has finished
  bool one_at_a_time = false;  ///< whatever executor_options::workers says
  bool in_processes = false;   ///< calls travel, and a crash takes no more than one of them along
};

/// Every executor there is, in the order of the documentation.
const std::vector<executor_info>& executors();

struct executor_options {
  /// Threads or processes; 0: the usable CPUs, by affinity and cgroup quota. For thread-per-item
  /// the threads at a time; 0: no limit. serial and coroutine have one, whatever this says.
  unsigned workers = 0;
  /// Processes: calls that may wait at a worker while it is at another. Each saves it a round trip,
  /// and cannot be cancelled any more. At most 7.
  unsigned prefetch = 0;
  /// Processes: forkserver (each is a copy of a small process: quick to replace) or spawn (each is
  /// the program started anew).
  std::string start = "forkserver";
  /// shared-memory: the largest message. Address space only, until it is used.
  std::size_t max_message_bytes = std::size_t{64} << 20U;
};

/// What all executors can do that does not depend on a call's type.
class executor_base {
 public:
  executor_base(const executor_info& info, std::shared_ptr<internal::executor_core> core,
                std::unique_ptr<internal::engine> engine);
  executor_base(executor_base&&) noexcept;
  executor_base& operator=(executor_base&&) = delete;
  /// Waits for everything that was submitted, as shutdown() does.
  ~executor_base();

  const executor_info& info() const { return *info_; }

  /// From now on submit() throws. With `wait`, returns when every call has finished and every
  /// callback returned. With `cancel_pending`, calls that have not begun are cancelled, at once.
  void shutdown(bool wait = true, bool cancel_pending = false);

 protected:
  const std::shared_ptr<internal::executor_core>& core() const { return core_; }
  void enqueue(std::shared_ptr<internal::call> work);

 private:
  const executor_info* info_;
  std::shared_ptr<internal::executor_core> core_;
  std::unique_ptr<internal::engine> engine_;
};

}  // namespace regatta
