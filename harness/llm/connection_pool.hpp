// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace regatta {

/// The books of a connection pool: who may have a connection, and which. No I/O, no clock, no lock.
///
/// Open connections, idle ones included, are at most `in_all`, and at most `per_host` to one host.
/// Whoever cannot have one waits; of the waiters that could be served, the one who asked first is.
/// So nobody overtakes on the way to the same host, and a busy host holds up nobody else.
///
///   if (auto got = pool.take("host", now)) use(*got);       // reused, or open a new one
///   else pool.wait("host", me);                             // later: among give_back()'s answers
///   for (auto& next : pool.give_back("host", std::move(connection), now)) wake(next.waiter);
///
/// Thread safety: none.
template <class Connection, class Waiter>
class connection_pool {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  struct grant {
    std::optional<Connection> reused;   ///< empty: open a new one
    std::optional<Connection> evicted;  ///< close it: its place was needed
  };
  struct granted {
    Waiter waiter;
    grant given;
  };

  connection_pool(std::size_t in_all, std::size_t per_host, std::chrono::nanoseconds idle_timeout)
      : most_(in_all), most_per_host_(per_host), idle_timeout_(idle_timeout) {}

  /// nullopt: none is free, wait() for one.
  std::optional<grant> take(const std::string& host, time_point now) {
    drop_old(now);
    host_books& books = hosts_[host];
    if (!servable(books)) return std::nullopt;
    return serve(books);
  }

  /// The place in the queue, for forget().
  std::uint64_t wait(const std::string& host, Waiter waiter) {
    hosts_[host].waiting.emplace(++last_ticket_, std::move(waiter));
    return last_ticket_;
  }

  /// A waiter who gives up. Must not have been served.
  void forget(const std::string& host, std::uint64_t ticket) {
    hosts_[host].waiting.erase(ticket);
    tidy(host);
  }

  /// Returns a place that take() or give_back() granted, with its connection if that can be used
  /// again. Answers who is served with it.
  std::vector<granted> give_back(const std::string& host, std::optional<Connection> usable,
                                 time_point now) {
    host_books& books = hosts_[host];
    --books.in_use;
    --open_;
    if (usable) {
      books.idle.push_back({std::move(*usable), now});
      ++open_;
      ++idle_;
    }
    drop_old(now);
    std::vector<granted> served;
    while (host_books* const next = next_servable()) {
      const auto first = next->waiting.begin();
      Waiter waiter = std::move(first->second);
      next->waiting.erase(first);
      served.push_back({std::move(waiter), serve(*next)});
    }
    tidy(host);
    return served;
  }

  /// Takes out the idle connections to one host: the server is not the one it was.
  std::vector<Connection> drop_idle(const std::string& host) {
    std::vector<Connection> dropped;
    for (idle_connection& entry : hosts_[host].idle) dropped.push_back(std::move(entry.connection));
    hosts_[host].idle.clear();
    open_ -= dropped.size();
    idle_ -= dropped.size();
    return dropped;
  }

  std::vector<Connection> drop_all_idle() {
    std::vector<Connection> dropped;
    for (auto& [host, books] : hosts_) {
      for (idle_connection& entry : books.idle) dropped.push_back(std::move(entry.connection));
      books.idle.clear();
    }
    open_ -= dropped.size();
    idle_ = 0;
    return dropped;
  }

  std::size_t open() const { return open_; }
  std::size_t idle() const { return idle_; }
  std::size_t waiting() const {
    std::size_t count = 0;
    for (const auto& [host, books] : hosts_) count += books.waiting.size();
    return count;
  }

 private:
  struct idle_connection {
    Connection connection;
    time_point since;
  };
  struct host_books {
    std::size_t in_use = 0;
    std::deque<idle_connection> idle;         // oldest first
    std::map<std::uint64_t, Waiter> waiting;  // by ticket: in the order of asking
  };

  bool servable(const host_books& books) const {
    if (!books.idle.empty()) return true;
    return books.in_use < most_per_host_ && (open_ < most_ || idle_ > 0);
  }

  grant serve(host_books& books) {
    grant given;
    if (!books.idle.empty()) {
      // The one that was used last is the least likely to have been closed by the server.
      given.reused = std::move(books.idle.back().connection);
      books.idle.pop_back();
      --idle_;
    } else {
      if (open_ == most_) given.evicted = evict();
      ++open_;
    }
    ++books.in_use;
    return given;
  }

  Connection evict() {
    host_books* oldest = nullptr;
    for (auto& [host, books] : hosts_) {
      if (books.idle.empty()) continue;
      if (oldest == nullptr || books.idle.front().since < oldest->idle.front().since) {
        oldest = &books;
      }
    }
    Connection taken = std::move(oldest->idle.front().connection);
    oldest->idle.pop_front();
    --idle_;
    --open_;
    return taken;
  }

  host_books* next_servable() {
    host_books* best = nullptr;
    for (auto& [host, books] : hosts_) {
      if (books.waiting.empty() || !servable(books)) continue;
      if (best == nullptr || books.waiting.begin()->first < best->waiting.begin()->first) {
        best = &books;
      }
    }
    return best;
  }

  void drop_old(time_point now) {
    for (auto& [host, books] : hosts_) {
      while (!books.idle.empty() && now - books.idle.front().since >= idle_timeout_) {
        books.idle.pop_front();
        --idle_;
        --open_;
      }
    }
  }

  void tidy(const std::string& host) {
    const auto found = hosts_.find(host);
    const host_books& books = found->second;
    if (books.in_use == 0 && books.idle.empty() && books.waiting.empty()) hosts_.erase(found);
  }

  const std::size_t most_;
  const std::size_t most_per_host_;
  const std::chrono::nanoseconds idle_timeout_;
  std::map<std::string, host_books> hosts_;
  std::uint64_t last_ticket_ = 0;
  std::size_t open_ = 0;
  std::size_t idle_ = 0;
};

}  // namespace regatta
