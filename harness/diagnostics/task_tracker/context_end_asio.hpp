// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <boost/asio/detail/strand_executor_service.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/query.hpp>
#include <type_traits>

#include "harness/diagnostics/task_tracker/task_events.hpp"

namespace regatta::internal {

/// Counts destroyed contexts, so that a thread's note of the one it watches goes stale with it.
inline std::atomic<std::uint64_t> ended_contexts{0};

/// Knows when its execution context ends: services are shut down before their context destroys the
/// handlers it still has, and with them the coroutines that wait. That is an orderly end. The
/// newest service is shut down first, but Asio unwinds a coroutine by a post to its executor, so
/// only the executors' services have to be older than this one: the scheduler is, the strands' is
/// asked for.
class context_end : public boost::asio::detail::execution_context_service_base<context_end> {
 public:
  explicit context_end(boost::asio::execution_context& context)
      : boost::asio::detail::execution_context_service_base<context_end>(context) {}

  ~context_end() {
    if (ending_ == &this_thread) --this_thread.contexts_ending;
    ended_contexts.fetch_add(1, std::memory_order_release);
  }

 private:
  void shutdown() override {
    ending_ = &this_thread;
    ++this_thread.contexts_ending;
  }

  const tracker_thread* ending_ = nullptr;
};

inline void watch_context(boost::asio::execution_context& context) {
  tracker_thread& thread = this_thread;
  const std::uint64_t generation = ended_contexts.load(std::memory_order_acquire);
  if (thread.watched_context == &context && thread.watched_generation == generation) return;
  if (thread.contexts_ending != 0) return;
  boost::asio::use_service<boost::asio::detail::strand_executor_service>(context);
  boost::asio::use_service<context_end>(context);
  thread.watched_context = &context;
  thread.watched_generation = generation;
}

template <class Executor>
void watch_context_of(const Executor& executor) {
  using boost::asio::execution_context;
  if constexpr (boost::asio::can_query<const Executor&, boost::asio::execution::context_t>::value) {
    decltype(auto) context = boost::asio::query(executor, boost::asio::execution::context);
    if constexpr (std::is_convertible_v<decltype(context), execution_context&>) {
      watch_context(context);
    }
  }
}

}  // namespace regatta::internal
