// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <exception>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "harness/bytes.hpp"
#include "harness/contexts/deadline.hpp"
#include "harness/contexts/settled.hpp"
#include "harness/contexts/synchronisation.hpp"
#include "harness/http_message.hpp"
#include "harness/interpreter/interpreter.hpp"
#include "harness/item.hpp"
#include "harness/sql.hpp"
#include "harness/tasks/blocking_task.hpp"

// g++ 12 warns of each lambda that is kept in the frame of a coroutine template from a header.
#ifndef __clang__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif

namespace regatta {

class blocking_runtime;
class blocking_context;

/// What basic_semaphore and its siblings wait on in this colour: a condition variable.
class blocking_condition {
 public:
  blocking_task<void> wait(blocking_context& context, std::unique_lock<std::mutex>& lock);
  void notify_one() { changed_.notify_one(); }
  void notify_all() { changed_.notify_all(); }

 private:
  std::condition_variable changed_;
};

/// What an item may do in the blocking colour: operations return when they are done, one thread
/// serves one item. The same members exist, with the same meaning, in async_context.
/// Thread safety: distinct objects; a copy per thread, the runtime behind it is shared.
class blocking_context {
 public:
  template <class T>
  using task = blocking_task<T>;
  using condition = blocking_condition;
  using semaphore = basic_semaphore<blocking_context>;
  template <class T>
  using channel = basic_channel<blocking_context, T>;
  using event = basic_event<blocking_context>;

  explicit blocking_context(blocking_runtime& runtime) : runtime_(&runtime) {}

  blocking_task<void> sleep(std::chrono::nanoseconds duration);
  blocking_task<http_response> http(std::string service, http_request request);
  blocking_task<http_response> http_stream(std::string service, http_request request,
                                           http_piece_handler on_piece);
  blocking_task<buffer> exchange(std::string service, bytes_view message, std::size_t answer_bytes);
  blocking_task<sql_rows> query(sql_query query);
  blocking_task<buffer> read_file(std::filesystem::path path);
  blocking_task<buffer> compute(kernel_call work, bytes_view input);

  /// make(0) … make(count - 1) at once: a thread for each but the last, which runs here.
  template <class Make>
  auto gather(std::size_t count, Make make)
      -> blocking_task<std::vector<typename std::invoke_result_t<Make&, std::size_t>::value_type>> {
    using answer = typename std::invoke_result_t<Make&, std::size_t>::value_type;
    std::vector<std::optional<answer>> slots(count);
    std::exception_ptr error;
    std::mutex error_mutex;
    const auto branch = [&](std::size_t i) {
      const interpreter::section python;
      try {
        slots[i].emplace(make(i).get());
      } catch (...) {
        const std::lock_guard lock(error_mutex);
        if (!error) error = std::current_exception();
      }
    };
    {
      std::vector<std::jthread> helpers;
      for (std::size_t i = 0; i + 1 < count; ++i) helpers.emplace_back(branch, i);
      if (count > 0) branch(count - 1);
      const interpreter::released waiting;
      helpers.clear();
    }
    if (error) std::rethrow_exception(error);
    std::vector<answer> answers;
    answers.reserve(count);
    for (auto& slot : slots) answers.push_back(std::move(*slot));
    co_return answers;
  }

  /// gather, but what branch i throws is its answer, at place i: a vector of settled<T>. Only
  /// deadline_exceeded is rethrown, after all have ended: this context has no time left.
  template <class Make>
  auto gather_settled(std::size_t count, Make make) {
    return gather(count, internal::settle_each<blocking_context, Make>(std::move(make)));
  }

  /// step(scoped context), or nullopt if it is not done within `limit`.
  template <class Step>
  auto with_timeout(std::chrono::nanoseconds limit, Step step) -> blocking_task<
      std::optional<typename std::invoke_result_t<Step&, blocking_context&>::value_type>> {
    blocking_context scoped = *this;
    scoped.deadline_ = earlier_deadline(deadline_, limit);
    try {
      co_return step(scoped).get();
    } catch (const deadline_exceeded&) {
      if (scoped.deadline_ == deadline_) throw;  // the outer limit ended it
    }
    co_return std::nullopt;
  }

  void measure(std::string_view name, std::chrono::nanoseconds took) const;

  bytes_view dataset() const;
  const std::string& endpoint(const std::string& service) const;

  blocking_runtime& runtime() const { return *runtime_; }
  regatta::deadline current_deadline() const { return deadline_; }

 private:
  blocking_runtime* runtime_;
  regatta::deadline deadline_ = no_deadline;
};

}  // namespace regatta

#ifndef __clang__
#pragma GCC diagnostic pop
#endif
