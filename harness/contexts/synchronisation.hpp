// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace regatta {

// The three things tasks wait for besides I/O. Each is written once over Context::condition, so
// that the same source suspends a coroutine in one colour and parks a thread in the other. Thread
// safety: shared objects, within one process.

/// At most `permits` holders at a time. Who waits is served in the order of arrival: a released
/// permit is handed to the first waiter, a newcomer cannot take it before that one has woken up.
template <class Context>
class basic_semaphore {
 public:
  explicit basic_semaphore(std::size_t permits) : permits_(permits) {}

  typename Context::template task<void> acquire(Context& context) {
    std::unique_lock lock(mutex_);
    if (permits_ > 0) {
      --permits_;
      co_return;
    }
    ++waiting_;
    try {
      do {
        co_await released_.wait(context, lock);
      } while (handed_ == 0);
    } catch (...) {  // its deadline; a permit may have been meant for it
      --waiting_;
      if (handed_ > waiting_) {
        --handed_;
        ++permits_;
      }
      throw;
    }
    --waiting_;
    --handed_;
  }

  void release() {
    const std::lock_guard lock(mutex_);
    if (waiting_ == handed_) {
      ++permits_;
      return;
    }
    ++handed_;
    released_.notify_one();
  }

 private:
  std::mutex mutex_;
  typename Context::condition released_;
  std::size_t permits_;      // none while anybody waits for one
  std::size_t waiting_ = 0;  // in acquire
  std::size_t handed_ = 0;   // permits on their way to waiters
};

/// A bounded queue: send waits while it is full, receive while it is empty. After close(), receive
/// drains what is left and then answers nullopt; send answers false.
template <class Context, class T>
class basic_channel {
 public:
  explicit basic_channel(std::size_t capacity) : capacity_(capacity) {}

  typename Context::template task<bool> send(Context& context, T value) {
    std::unique_lock lock(mutex_);
    while (queue_.size() >= capacity_ && !closed_) co_await changed_.wait(context, lock);
    if (closed_) co_return false;
    queue_.push_back(std::move(value));
    changed_.notify_all();
    co_return true;
  }

  /// False, and `value` untouched, if it would have to wait, or the channel is closed.
  bool try_send(T& value) {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= capacity_ || closed_) return false;
    queue_.push_back(std::move(value));
    changed_.notify_all();
    return true;
  }

  typename Context::template task<std::optional<T>> receive(Context& context) {
    std::unique_lock lock(mutex_);
    while (queue_.empty() && !closed_) co_await changed_.wait(context, lock);
    if (queue_.empty()) co_return std::nullopt;
    std::optional<T> value(std::move(queue_.front()));
    queue_.pop_front();
    changed_.notify_all();
    co_return value;
  }

  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  const std::size_t capacity_;
  std::mutex mutex_;
  typename Context::condition changed_;
  std::deque<T> queue_;
  bool closed_ = false;
};

/// Set once; every waiter, before or after, goes on.
template <class Context>
class basic_event {
 public:
  typename Context::template task<void> wait(Context& context) {
    std::unique_lock lock(mutex_);
    while (!set_) co_await became_set_.wait(context, lock);
  }

  void set() {
    const std::lock_guard lock(mutex_);
    set_ = true;
    became_set_.notify_all();
  }

 private:
  std::mutex mutex_;
  typename Context::condition became_set_;
  bool set_ = false;
};

}  // namespace regatta
