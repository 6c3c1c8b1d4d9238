// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "harness/contexts/deadline.hpp"
#include "harness/llm/connection_pool.hpp"
#include "harness/llm/fifo_gate.hpp"
#include "harness/llm/internal/chat_wire.hpp"
#include "harness/llm/internal/connection.hpp"
#include "harness/llm/internal/llm_fault.hpp"
#include "harness/llm/internal/name_service.hpp"
#include "harness/llm/llm_client_options.hpp"
#include "harness/llm/llm_client_stats.hpp"

namespace regatta::internal {

template <class Io>
class llm_call;

/// What the calls of one client share: the books under one lock. The flow of a call is in
/// llm_call.hpp; both are written once, Io is the colour.
/// Thread safety: as Io's: any thread, or the executor's.
template <class Io>
class llm_core {
 public:
  template <class T>
  using task = typename Io::template task<T>;
  using link = std::unique_ptr<connection<Io>>;
  using pool = connection_pool<link, llm_call<Io>*>;

  llm_core(Io io_given, llm_client_options given)
      : io(std::move(io_given)),
        options(with_defaults(std::move(given))),
        names(std::make_shared<name_service>(options.surroundings.resolver,
                                             options.surroundings.now, options.address_lifetime)),
        gate(options.most_requests),
        links(options.most_connections, options.most_connections_per_host, options.idle_timeout) {
    check(options);
    if (!options.ca_file.empty() || parse_origin(options.endpoint.url).tls) trust();
  }

  /// Made when it is first needed: reading the system's store takes milliseconds.
  const tls_trust& trust() {
    const std::lock_guard lock(mutex);
    if (!trust_) trust_ = std::make_unique<tls_trust>(options.ca_file);
    return *trust_;
  }

  std::chrono::steady_clock::time_point now() const { return options.surroundings.now(); }

  std::uint64_t random_word() {
    const std::lock_guard lock(mutex);
    return options.surroundings.random_word();
  }

  /// Under the lock. Whoever is served by it learns so.
  void give_back(const std::string& place, std::optional<link> usable) {
    if (closing) usable.reset();
    for (auto& next : links.give_back(place, std::move(usable), now())) {
      next.waiter->grant = std::move(next.given);
      next.waiter->signal.notify();
    }
  }

  /// Waits until no call is under way, at most until `limit`, and cancels those that still are.
  /// Answers how many. Calls that begin later are refused.
  task<std::size_t> close(deadline limit) {
    std::unique_lock lock(mutex);
    closing = true;
    links.drop_all_idle();
    typename Io::signal ended(io);
    const closer_entry entry(closers, ended, lock);
    while (!calls.empty() && steady_clock::now() < limit) co_await ended.wait(lock, limit);
    const std::size_t late = calls.size();
    for (llm_call<Io>* call : calls) {
      call->abort(llm_fault(llm_failure::closed, "the client was closed before it was answered"));
    }
    // A stream that nobody reads just now has no turn to notice; its connection is closed.
    while (std::any_of(calls.begin(), calls.end(), [](auto* call) { return call->running; })) {
      co_await ended.wait(lock, no_deadline);
    }
    co_return late;
  }

  /// For the client's destructor.
  void abort_all() {
    const std::lock_guard lock(mutex);
    closing = true;
    links.drop_all_idle();
    for (llm_call<Io>* call : calls) {
      call->abort(llm_fault(llm_failure::closed, "the client was destroyed meanwhile"));
    }
  }

  llm_client_stats stats() {
    const std::lock_guard lock(mutex);
    return {.requests = calls.size(),
            .waiting = gate.waiting() + links.waiting(),
            .connections = links.open(),
            .idle_connections = links.idle(),
            .most_connections = most_open};
  }

  Io io;
  const llm_client_options options;
  const std::shared_ptr<name_service> names;

  std::mutex mutex;  // guards everything below
  fifo_gate<llm_call<Io>*> gate;
  pool links;
  std::list<llm_call<Io>*> calls;  // under way
  std::list<typename Io::signal*> closers;
  bool closing = false;
  std::size_t most_open = 0;

 private:
  /// Also goes when the coroutine is cancelled, which leaves it without the lock.
  struct closer_entry {
    closer_entry(std::list<typename Io::signal*>& closers, typename Io::signal& mine,
                 std::unique_lock<std::mutex>& its_lock)
        : list(closers), place(list.insert(list.end(), &mine)), lock(its_lock) {}
    ~closer_entry() {
      if (!lock.owns_lock()) lock.lock();
      list.erase(place);
    }
    std::list<typename Io::signal*>& list;
    const typename std::list<typename Io::signal*>::iterator place;
    std::unique_lock<std::mutex>& lock;
  };

  static llm_client_options with_defaults(llm_client_options options) {
    llm_surroundings& from = options.surroundings;
    if (!from.resolver) from.resolver = look_up_host;
    if (!from.now) from.now = [] { return std::chrono::steady_clock::now(); };
    if (!from.unix_seconds) {
      from.unix_seconds = [] {
        return std::chrono::duration_cast<std::chrono::seconds>(
                   std::chrono::system_clock::now().time_since_epoch())
            .count();
      };
    }
    if (!from.random_word) {
      from.random_word = [engine = std::mt19937_64(std::random_device{}())]() mutable {
        return engine();
      };
    }
    return options;
  }

  std::unique_ptr<tls_trust> trust_;
};

}  // namespace regatta::internal
