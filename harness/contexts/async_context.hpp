// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "harness/bytes.hpp"
#include "harness/contexts/deadline.hpp"
#include "harness/contexts/settled.hpp"
#include "harness/contexts/synchronisation.hpp"
#include "harness/http_message.hpp"
#include "harness/item.hpp"
#include "harness/sql.hpp"
#include "harness/tasks/async_task.hpp"

// g++ 12 warns of each lambda that is kept in the frame of a coroutine template from a header.
#ifndef __clang__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif

namespace regatta {

class async_runtime;
class async_context;

/// What basic_semaphore and its siblings wait on in this colour. Waiters resume on their own loop.
class async_condition {
 public:
  /// Unlocks, suspends until notified, locks again. Throws deadline_exceeded, locked, at the
  /// context's deadline. REQUIRES: `lock` is held. The lock is never held while suspended.
  async_task<void> wait(async_context& context, std::unique_lock<std::mutex>& lock);
  /// REQUIRES: the lock given to wait() is held by the caller. Any thread.
  void notify_one();
  void notify_all();

  struct waiter;

 private:
  std::vector<std::shared_ptr<waiter>> waiters_;
};

/// What an item may do in the asynchronous colour: operations suspend, one thread serves many
/// items. The same members exist, with the same meaning, in blocking_context. Thread safety: its
/// loop's thread only.
class async_context {
 public:
  template <class T>
  using task = async_task<T>;
  using condition = async_condition;
  using semaphore = basic_semaphore<async_context>;
  template <class T>
  using channel = basic_channel<async_context, T>;
  using event = basic_event<async_context>;

  explicit async_context(async_runtime& runtime) : runtime_(&runtime) {}

  /// Throws deadline_exceeded at the deadline if that is earlier.
  async_task<void> sleep(std::chrono::nanoseconds duration);
  /// One request to a service of the run, over a pooled keep-alive connection. Throws
  /// std::system_error or deadline_exceeded; an HTTP error status is an answer, not an exception.
  async_task<http_response> http(std::string service, http_request request);
  /// The same for an answer that is streamed: the body of a success goes to `on_piece` as it
  /// arrives and is empty in what is returned; that of an error status is as with http(). What
  /// `on_piece` throws ends the request. A connection whose stream was not read to its end is
  /// closed.
  async_task<http_response> http_stream(std::string service, http_request request,
                                        http_piece_handler on_piece);
  /// Sends `message`, borrowed until the task is done, over a kept TCP connection to a service
  /// whose address is like tcp://host:port, and reads `answer_bytes`. Throws as http() does.
  async_task<buffer> exchange(std::string service, bytes_view message, std::size_t answer_bytes);
  /// One statement on the run's database. SQLite: on a helper thread with a connection of its own.
  /// PostgreSQL: on the loop, over a pool of connections.
  async_task<sql_rows> query(sql_query query);
  /// A whole file, by io_uring or on a helper thread: see async_files.
  async_task<buffer> read_file(std::filesystem::path path);
  /// Runs `work` over the dataset: on the loop itself, or wherever the backend takes kernels.
  /// `input` is borrowed until the task is done.
  async_task<buffer> compute(kernel_call work, bytes_view input);

  /// make(0) … make(count - 1), all at once; answers in order. The first exception is rethrown
  /// after all have ended.
  template <class Make>
  auto gather(std::size_t count, Make make)
      -> async_task<std::vector<typename std::invoke_result_t<Make&, std::size_t>::value_type>>;

  /// gather, but what branch i throws is its answer, at place i: a vector of settled<T>. Only
  /// deadline_exceeded is rethrown, after all have ended: this context has no time left.
  template <class Make>
  auto gather_settled(std::size_t count, Make make) {
    return gather(count, internal::settle_each<async_context, Make>(std::move(make)));
  }

  /// step(scoped context), or nullopt if it is not done within `limit`.
  template <class Step>
  auto with_timeout(std::chrono::nanoseconds limit, Step step) -> async_task<
      std::optional<typename std::invoke_result_t<Step&, async_context&>::value_type>> {
    async_context scoped = *this;
    scoped.deadline_ = earlier_deadline(deadline_, limit);
    try {
      co_return co_await step(scoped);
    } catch (const deadline_exceeded&) {
      if (scoped.deadline_ == deadline_) throw;  // the outer limit ended it
    }
    co_return std::nullopt;
  }

  /// Writes down how long a named part of the item took, for the report: count, sum and quantiles
  /// by name, up to 8 names of up to 47 bytes. May be called several times an item. Not for the
  /// time of whole items, which is always taken.
  void measure(std::string_view name, std::chrono::nanoseconds took) const;

  bytes_view dataset() const;
  /// Address of a service of the run. Throws std::out_of_range with the name.
  const std::string& endpoint(const std::string& service) const;

  async_runtime& runtime() const { return *runtime_; }
  regatta::deadline current_deadline() const { return deadline_; }

 private:
  async_runtime* runtime_;
  regatta::deadline deadline_ = no_deadline;
};

namespace internal {

/// Counts the branches of a gather down; the last one resumes the parent. One loop, so no atomics.
class gather_latch {
 public:
  explicit gather_latch(std::size_t branches) : left_(branches + 1) {}

  struct branch {
    struct promise_type {
      branch get_return_object() noexcept { return {}; }
      std::suspend_never initial_suspend() noexcept { return {}; }
      std::suspend_never final_suspend() noexcept { return {}; }
      void return_void() noexcept {}
      void unhandled_exception() noexcept { std::terminate(); }
    };
  };

  template <class T, class Store>
  static branch run(async_task<T> task, Store store, gather_latch& latch) {
    try {
      store(co_await std::move(task));
    } catch (...) {
      if (!latch.error_) latch.error_ = std::current_exception();
    }
    latch.arrive();
  }

  bool await_ready() noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> parent) noexcept {
    parent_ = parent;
    return --left_ != 0;
  }
  void await_resume() {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  void arrive() noexcept {
    if (--left_ == 0) parent_.resume();
  }
  std::size_t left_;
  std::coroutine_handle<> parent_;
  std::exception_ptr error_;
};

}  // namespace internal

template <class Make>
auto async_context::gather(std::size_t count, Make make)
    -> async_task<std::vector<typename std::invoke_result_t<Make&, std::size_t>::value_type>> {
  using answer = typename std::invoke_result_t<Make&, std::size_t>::value_type;
  std::vector<std::optional<answer>> slots(count);
  internal::gather_latch latch(count);
  for (std::size_t i = 0; i < count; ++i) {
    internal::gather_latch::run(
        make(i), [&slot = slots[i]](answer value) { slot.emplace(std::move(value)); }, latch);
  }
  co_await latch;
  std::vector<answer> answers;
  answers.reserve(count);
  for (auto& slot : slots) answers.push_back(std::move(*slot));
  co_return answers;
}

}  // namespace regatta

#ifndef __clang__
#pragma GCC diagnostic pop
#endif
