// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "harness/llm/internal/llm_core.hpp"

namespace regatta::internal {

/// One complete() or stream() from its turn to its end: what it holds of the client, and how it is
/// ended from outside. Stays where it is. Thread safety: one thread; abort() under the core's lock.
template <class Io>
class llm_call {
 public:
  template <class T>
  using task = typename Io::template task<T>;
  using core_type = llm_core<Io>;

  /// Throws llm_fault if the client is closed.
  llm_call(std::shared_ptr<core_type> shared, wire_request request, std::chrono::nanoseconds total,
           const std::stop_token& stop)
      : core(std::move(shared)), wire(std::move(request)), signal(core->io), total_(total) {
    {
      const std::lock_guard lock(core->mutex);
      if (core->closing) throw llm_fault(llm_failure::closed, "the client is closed");
      mine_ = core->calls.insert(core->calls.end(), this);
    }
    if (stop.stop_possible()) stop_.emplace(stop, stopper{this});
  }
  llm_call(const llm_call&) = delete;
  llm_call& operator=(const llm_call&) = delete;

  ~llm_call() {
    stop_.reset();  // without the lock: it waits for a callback that wants it
    const std::lock_guard lock(core->mutex);
    if (has_turn) {
      if (auto next = core->gate.leave()) {
        (*next)->has_turn = true;
        (*next)->signal.notify();
      }
    } else if (turn_ticket_ != 0) {
      core->gate.forget(turn_ticket_);
    }
    if (grant) {
      core->give_back(wire.place, std::move(grant->reused));
    } else if (link_ticket_ != 0) {
      core->links.forget(wire.place, link_ticket_);
    }
    core->calls.erase(mine_);
    for (auto* closer : core->closers) closer->notify();
  }

  /// Waits in the client's queue; afterwards the time runs.
  task<void> wait_for_turn() {
    std::unique_lock lock(core->mutex);
    check_aborted();
    if (core->gate.enter()) {
      has_turn = true;
    } else {
      turn_ticket_ = core->gate.wait(this);
      while (!has_turn) {
        co_await signal.wait(lock, no_deadline);
        check_aborted();
      }
    }
    limit = earlier_deadline(no_deadline, total_);
  }

  /// A place in the pool, with a connection that was used before or a new one.
  task<typename core_type::pool::grant> wait_for_link() {
    std::unique_lock lock(core->mutex);
    check_aborted();
    std::optional<typename core_type::pool::grant> got = core->links.take(wire.place, core->now());
    if (!got) {
      link_ticket_ = core->links.wait(wire.place, this);
      while (!grant) {
        if (steady_clock::now() >= limit) throw timed_out("waiting for a free connection");
        co_await signal.wait(lock, limit);
        check_aborted();
      }
      got = std::exchange(grant, std::nullopt);
      link_ticket_ = 0;
    }
    core->most_open = std::max(core->most_open, core->links.open());
    co_return std::move(*got);
  }

  task<void> pause(std::chrono::nanoseconds delay) {
    const deadline until = earlier_deadline(no_deadline, delay);
    std::unique_lock lock(core->mutex);
    check_aborted();
    while (steady_clock::now() < until) {
      co_await signal.wait(lock, until);
      check_aborted();
    }
  }

  /// Takes `link` as the one that abort() interrupts; nullptr: none.
  void use(connection<Io>* link) {
    const std::lock_guard lock(core->mutex);
    current_ = link;
    if (link != nullptr) check_aborted();
  }

  /// Throws what abort() was given.
  void throw_if_aborted() {
    const std::lock_guard lock(core->mutex);
    check_aborted();
  }

  /// Ends what it waits for. Under the lock.
  void abort(llm_fault why) {
    if (!aborted_) aborted_ = std::move(why);
    if (current_ != nullptr) current_->interrupt();
    signal.notify();
  }

  llm_fault timed_out(const std::string& during) const {
    return {llm_failure::timed_out,
            fmt::format("no complete answer within {:.3g} s: it was still {}",
                        std::chrono::duration<double>(total_).count(), during)};
  }

  /// What the user gets to see.
  llm_error error_of(const llm_fault& fault) const {
    std::string sentence = fmt::format("POST {}: {}", wire.url, fault.sentence);
    if (attempts > 1) sentence += fmt::format(" ({} attempts)", attempts);
    return {fault.failure, without_key(std::move(sentence), wire.key), fault.status, attempts};
  }

  const std::shared_ptr<core_type> core;
  const wire_request wire;
  typename Io::signal signal;
  deadline limit = no_deadline;
  unsigned attempts = 0;
  // Under the core's lock:
  bool running = true;  ///< somebody is in one of its functions, and will notice abort()
  bool has_turn = false;
  std::optional<typename core_type::pool::grant> grant{};

 private:
  struct stopper {
    llm_call* call;
    void operator()() const {
      const std::lock_guard lock(call->core->mutex);
      call->abort(llm_fault(llm_failure::cancelled, "it was cancelled"));
    }
  };

  void check_aborted() const {
    if (aborted_) throw *aborted_;
  }

  const std::chrono::nanoseconds total_;
  typename std::list<llm_call*>::iterator mine_;
  std::uint64_t turn_ticket_ = 0;
  std::uint64_t link_ticket_ = 0;
  connection<Io>* current_ = nullptr;
  std::optional<llm_fault> aborted_;
  std::optional<std::stop_callback<stopper>> stop_;
};

}  // namespace regatta::internal
