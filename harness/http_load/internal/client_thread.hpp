// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/http_load/arrival_schedule.hpp"
#include "harness/http_load/internal/response_reader.hpp"
#include "harness/http_load/internal/stream_reader.hpp"
#include "harness/http_load/internal/transport.hpp"
#include "harness/http_load/load_result.hpp"

struct epoll_event;

namespace regatta::http_load {

/// What all client threads of a load see. Thread safety: the atomics, all threads; the rest is set
/// before they start.
struct shared_load {
  shared_load(const load_plan& planned, const peer& where);
  ~shared_load();

  const load_plan& plan;
  const std::string request;  ///< on the wire
  const peer server;
  const std::unique_ptr<internal::tls_trust> trust;  ///< null without TLS
  std::chrono::steady_clock::time_point start{};
  // Relaxed everywhere: nothing else is passed with them.
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> late{0};  ///< measured requests that took longer than late_after
};

/// One event loop with its share of the connections and arrivals:
///
///   due, and a connection is idle ──> send ──> receive … ──> answered ──> idle again
///          └ none is: wait for one                     └ failed ──> connect again
///
/// What waits for a connection in an open loop are arrivals that are due and were not taken from
/// the schedule. Times are from the load's start. Thread safety: one thread at a time.
class client_thread {
 public:
  client_thread(shared_load& shared, unsigned part, unsigned connections);
  ~client_thread();

  /// Connects all, within the plan's timeout or until `stop` says so. Throws std::runtime_error
  /// with a sentence if not one can be.
  void connect_all(const std::function<bool()>& stop);
  /// The load, from shared.start to its end and the last answer.
  void run();

  const std::vector<load_tally>& tallies() const { return tallies_; }  ///< by stage
  nanoseconds end() const { return end_; }                             ///< when it stopped sending
  nanoseconds last_settled() const { return last_settled_; }  ///< a request, one way or another
  bool sent_all() const { return left_ == 0; }  ///< the limit of requests has ended it
  const client_use& use() const { return use_; }
  const duration_histogram& busy() const { return busy_; }
  const std::string& first_failure() const { return first_failure_; }
  const std::vector<timed_request>& remembered() const { return remembered_; }
  bool forgot() const { return forgot_; }
  nanoseconds cpu() const { return cpu_; }  ///< of its thread, when run() is over

 private:
  enum class phase { down, connecting, securing, idle, busy };
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

  struct connection {
    std::uint32_t index = 0;
    std::uint32_t generation = 0;  ///< of the socket: events of an old one are nobody's
    phase state = phase::down;
    bool queued = false;    ///< in idle_
    bool answered = false;  ///< this socket has brought an answer
    bool counted = false;   ///< as late, before it was sent
    transport wire;
    response_reader reader;
    std::unique_ptr<stream_reader> stream;  ///< of an LLM
    std::size_t stage = 0;                  ///< of its request
    nanoseconds due{}, sent{};
    nanoseconds free_since{};                  ///< if it is down: when to try again
    std::uint32_t older = none, newer = none;  ///< in the order of sending
  };

  // The loop: client_thread.cpp.
  nanoseconds now() const;
  void begin();
  void look(nanoseconds until);
  void learn_lead(nanoseconds overslept);
  nanoseconds next_wake(nanoseconds time) const;
  void send_due(nanoseconds time);
  void count_overdue(nanoseconds time);
  void enter_measuring(nanoseconds time);
  void stop_sending(nanoseconds time);
  void time_out(nanoseconds time);
  void retry_down(nanoseconds time);
  std::size_t stage_at(nanoseconds time);
  connection* take_idle();
  bool has_due(nanoseconds time) const {
    return sending_ && plan_.open_loop && !schedule_.done() && schedule_.due() <= time;
  }

  // One connection: client_requests.cpp.
  void open(connection& each);
  void opened(connection& each, transport::status how);
  void secured(connection& each, transport::status how);
  void become_idle(connection& each, nanoseconds time);
  void drop(connection& each, const std::string& why, nanoseconds time);
  void send(connection& each, std::size_t stage, nanoseconds due, nanoseconds time);
  void handle(const epoll_event& event);
  void receive(connection& each, bool ending);
  void take(connection& each, std::string_view bytes, nanoseconds time);
  void ended_by_peer(connection& each, nanoseconds time);
  void finish(connection& each, nanoseconds time);
  void record(const connection& each, load_tally& tally, nanoseconds time);
  void fail(connection& each, std::uint64_t load_tally::*kind, const std::string& why,
            nanoseconds time);
  void count_late(nanoseconds latency, std::size_t stage);
  void remember(const std::string& why);
  void remember(nanoseconds due, nanoseconds time, bool answered);
  void link(connection& each);
  void unlink(connection& each);

  shared_load& shared_;
  const load_plan& plan_;
  unique_fd epoll_;
  std::deque<connection> connections_;
  std::vector<load_tally> tallies_;
  arrival_schedule schedule_;
  arrival_schedule overdue_;  ///< the same, but `late_after` behind
  nanoseconds overdue_until_{std::numeric_limits<std::int64_t>::min()};
  std::deque<std::uint32_t> idle_;
  std::uint32_t oldest_ = none, newest_ = none;
  std::size_t down_ = 0;
  nanoseconds retry_at_{};  ///< the first of those that are down
  std::size_t stage_ = 0;
  nanoseconds stage_end_{};
  nanoseconds measured_from_{}, planned_end_{};
  std::uint64_t left_;  ///< measured requests that may still be sent
  bool sending_ = false, measuring_ = false;
  nanoseconds end_{}, last_settled_{};
  nanoseconds lead_{};  ///< how much sooner than an arrival is due we ask to be woken
  nanoseconds seen_{};  ///< the time of the last look at the clock in handle()
  known_head known_;
  std::vector<char> buffer_;
  client_use use_;
  duration_histogram busy_;
  std::string first_failure_;
  std::size_t may_remember_;
  std::vector<timed_request> remembered_;
  bool forgot_ = false;
  nanoseconds cpu_{};
};

}  // namespace regatta::http_load
