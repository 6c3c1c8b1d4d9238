// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "harness/contexts/deadline.hpp"
#include "harness/llm/internal/transfer.hpp"
#include "harness/platform/unique_fd.hpp"
#include "harness/tasks/blocking_task.hpp"

namespace regatta::internal {

/// The blocking colour of the client: operations block the thread.
struct thread_io {
  template <class T>
  using task = blocking_task<T>;

  class signal;
  class socket;
};

/// What one thread waits for that is not a socket. Thread safety: notify() from any thread.
class thread_io::signal {
 public:
  explicit signal(const thread_io&) {}

  /// Returns after notify(), or at `until`. Takes the lock off meanwhile.
  task<void> wait(std::unique_lock<std::mutex>& lock, deadline until);
  void notify();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool notified_ = false;
};

/// A TCP connection with deadlines. Thread safety: one thread; interrupt() from any.
class thread_io::socket {
 public:
  explicit socket(const thread_io&) {}

  /// Gives up what it was connected to.
  task<transfer> connect(const std::string& address, unsigned short port, deadline limit);
  task<transfer> read_some(char* to, std::size_t size, deadline limit);
  task<transfer> write_all(std::string_view bytes, deadline limit);
  /// What is under way ends, and so does everything after it.
  void interrupt();
  int handle() const { return fd_.get(); }

 private:
  transfer wait(short events, deadline limit) const;
  transfer failed() const;

  std::mutex replacing_;  // while fd_ becomes another one, and while interrupt() uses it
  unique_fd fd_;
  // Sequentially consistent: connect() that misses it is seen by interrupt() as connecting.
  std::atomic<bool> interrupted_{false};
};

}  // namespace regatta::internal
