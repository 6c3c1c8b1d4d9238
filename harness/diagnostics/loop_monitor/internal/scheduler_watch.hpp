// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pthread.h>

#include <boost/asio/detail/scheduler.hpp>
#include <boost/asio/detail/scheduler_operation.hpp>
#include <boost/asio/detail/scheduler_task.hpp>
#include <boost/asio/detail/scheduler_thread_info.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/version.hpp>
#include <memory>
#include <mutex>
#include <stdexcept>

#include "harness/diagnostics/loop_monitor/watched_loop.hpp"
#include "harness/diagnostics/own_thread_id.hpp"
#include "harness/diagnostics/thread_storage.hpp"

// What follows knows Asio's insides; a release of Boost is added here after its tests have passed.
static_assert(BOOST_VERSION / 100 == 1081, "the loop monitor knows Boost 1.81; build without it");

namespace regatta::internal {

// Access to private members, without a change of Asio: the arguments of an explicit instantiation
// may name them.
template <auto Member, class Name>
struct revealed {
  friend constexpr auto reveal(Name) { return Member; }
};

#define REGATTA_REVEAL(name, member)    \
  struct name {                         \
    friend constexpr auto reveal(name); \
  };                                    \
  template struct revealed<&boost::asio::detail::member, name>
REGATTA_REVEAL(scheduler_mutex, scheduler::mutex_);
REGATTA_REVEAL(scheduler_task_pointer, scheduler::task_);
REGATTA_REVEAL(scheduler_task_maker, scheduler::get_task_);
REGATTA_REVEAL(scheduler_task_place, scheduler::task_operation_);
REGATTA_REVEAL(scheduler_queue, scheduler::op_queue_);
REGATTA_REVEAL(scheduler_stopped, scheduler::stopped_);
#undef REGATTA_REVEAL

using run_notes = boost::asio::detail::call_stack<boost::asio::detail::thread_context,
                                                  boost::asio::detail::thread_info_base>;

struct operation_next {
  friend constexpr auto reveal(operation_next);
};
template struct revealed<&boost::asio::detail::scheduler_operation::next_, operation_next>;

/// A loop's scheduler with a counter around its reactor. Every trip of a thread to the kernel
/// passes it, and the reactor has a place in the queue of handlers: on a loop of one thread, a
/// handler that ended shows in this counter or in the queue's front, without a touch of any
/// handler.
class scheduler_watch final : public watched_loop, private boost::asio::detail::scheduler_task {
  using scheduler = boost::asio::detail::scheduler;
  using operation = boost::asio::detail::scheduler_operation;
  using queue = boost::asio::detail::op_queue<operation>;
  using mutex =
      std::remove_reference_t<decltype(std::declval<scheduler&>().*reveal(scheduler_mutex{}))>;

  template <class Name>
  auto& member(Name name) {
    return scheduler_->*reveal(name);
  }
  mutex& locked() { return member(scheduler_mutex{}); }
  operation* place_of_reactor() { return &member(scheduler_task_place{}); }

 public:
  scheduler_watch(scheduler& watched, const boost::asio::execution_context& owner)
      : scheduler_(&watched) {
    begin = reinterpret_cast<std::uintptr_t>(&watched);
    end = begin + sizeof(watched);
    run_mark = reinterpret_cast<std::uintptr_t>(
        static_cast<boost::asio::detail::thread_context*>(&watched));
    thread_info_size = sizeof(boost::asio::detail::scheduler_thread_info);
    context = &owner;
    keep_count();
    note_server(own_thread_id());  // it often runs the loop as well, and may never poll
    install();
  }

  /// The context ends: nothing of it is touched any more.
  void close() {
    const std::lock_guard closing(open_);
    if (scheduler_ == nullptr) return;
    const typename mutex::scoped_lock lock(locked());
    if (member(scheduler_task_pointer{}) == this) {
      replace(member(scheduler_task_pointer{}), reactor_);
    }
    scheduler_ = nullptr;
  }

  loop_glance glance() override {
    const std::lock_guard closing(open_);
    if (scheduler_ == nullptr) return {};
    const typename mutex::scoped_lock lock(locked());
    return {.polls = polls_.load(std::memory_order_relaxed),
            .poller = poller_.load(std::memory_order_relaxed),
            .front = member(scheduler_queue{}).front(),
            .has_reactor = member(scheduler_task_pointer{}) == this,
            .stopped = member(scheduler_stopped{})};
  }

  std::size_t ready(std::size_t most) override {
    const std::lock_guard closing(open_);
    if (scheduler_ == nullptr) return 0;
    const typename mutex::scoped_lock lock(locked());
    std::size_t count = 0;
    for (operation* each = member(scheduler_queue{}).front(); each != nullptr && count < most;
         each = each->*reveal(operation_next{})) {
      if (each != place_of_reactor()) ++count;
    }
    return count;
  }

 private:
  void run(long usec, queue& completed) override {
    const pid_t self = own_thread_id();
    if (poller_.load(std::memory_order_relaxed) != self) {
      poller_.store(self, std::memory_order_relaxed);
      note_server(self);
    }
    count_poll();
    struct on_return {
      scheduler_watch& watch;
      ~on_return() { watch.count_poll(); }
    } const counted{*this};
    reactor_->run(usec, completed);
  }
  void interrupt() override { reactor_->interrupt(); }

  void note_server(pid_t self) {
    for (server& each : servers) {
      const pid_t there = each.thread.load(std::memory_order_relaxed);
      if (there != 0 && there != self) continue;
      // Another thread may have had that number, and another place, before.
      static thread_local const std::uintptr_t place = find_own_notes();
      each.innermost_note.store(place, std::memory_order_relaxed);
      each.block.store(::pthread_self(), std::memory_order_relaxed);
      each.thread.store(self, std::memory_order_release);  // pairs with follow_notes' load
      return;
    }
  }

  // Asio keeps the address of a thread's innermost note in a thread-local variable of its own. A
  // note made for this purpose tells which one.
  static std::uintptr_t find_own_notes() {
    boost::asio::detail::thread_context nobody;
    boost::asio::detail::thread_info_base nothing;
    const run_notes::context note(&nobody, nothing);
    return find_in_thread_storage(reinterpret_cast<std::uintptr_t>(&note));
  }

  // run() counts the handlers it has run, and nearly nobody uses its result. A function whose
  // address is known keeps it all the same; see run_frame.hpp.
  static void keep_count() {
    static std::size_t (scheduler::*volatile kept)(boost::system::error_code&) = &scheduler::run;
    (void)kept;
  }

  // One thread at a time has the reactor's place in the queue, so this needs no locked instruction.
  void count_poll() {
    polls_.store(polls_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  void install() {
    const typename mutex::scoped_lock lock(locked());
    reactor_ = member(scheduler_task_pointer{});
    if (reactor_ != nullptr) {
      replace(member(scheduler_task_pointer{}), this);
      reactor_->interrupt();  // a thread that is in there comes back through us
    } else {                  // no timer and no socket yet: take the reactor's place when it comes
      make_reactor_ = std::exchange(member(scheduler_task_maker{}), &scheduler_watch::make_task);
    }
  }

  // A thread on its way to the kernel reads this pointer without the lock, and either value is
  // right. Where the loop runs already that is a race by the letter, and ThreadSanitizer says so.
  __attribute__((no_sanitize("thread"))) static void replace(
      boost::asio::detail::scheduler_task*& pointer, boost::asio::detail::scheduler_task* by) {
    __atomic_store_n(&pointer, by, __ATOMIC_RELEASE);
  }

  static boost::asio::detail::scheduler_task* make_task(boost::asio::execution_context& owner);

  std::mutex open_;
  scheduler* scheduler_;
  boost::asio::detail::scheduler_task* reactor_ = nullptr;
  boost::asio::detail::scheduler_task* (*make_reactor_)(boost::asio::execution_context&) = nullptr;
  std::atomic<std::uint64_t> polls_{0};
  std::atomic<pid_t> poller_{0};
};

/// Owns a context's watch. Stays until the context ends, since a thread may be inside of the
/// watch's run() whenever a monitor ends.
class watch_service : public boost::asio::detail::execution_context_service_base<watch_service> {
 public:
  explicit watch_service(boost::asio::execution_context& owner)
      : boost::asio::detail::execution_context_service_base<watch_service>(owner),
        watch(std::make_shared<scheduler_watch>(
            boost::asio::use_service<boost::asio::detail::scheduler>(owner), owner)) {}

  const std::shared_ptr<scheduler_watch> watch;

 private:
  void shutdown() override { watch->close(); }
};

inline boost::asio::detail::scheduler_task* scheduler_watch::make_task(
    boost::asio::execution_context& owner) {
  scheduler_watch& watch = *boost::asio::use_service<watch_service>(owner).watch;
  watch.reactor_ = watch.make_reactor_(owner);
  return &watch;
}

/// Throws std::invalid_argument for a context that cannot be watched.
inline std::shared_ptr<watched_loop> watch_scheduler(boost::asio::execution_context& context) {
  using boost::asio::detail::scheduler;
  if (!boost::asio::has_service<scheduler>(context)) {
    throw std::invalid_argument("loop_monitor: this execution context has no event loop");
  }
  auto& watched = boost::asio::use_service<scheduler>(context);
  if (!(watched.*reveal(scheduler_mutex{})).enabled()) {
    throw std::invalid_argument(
        "loop_monitor: a context without locks (BOOST_ASIO_CONCURRENCY_HINT_UNSAFE) cannot be "
        "watched from another thread; give its constructor the hint 1");
  }
  return boost::asio::use_service<watch_service>(context).watch;
}

}  // namespace regatta::internal
