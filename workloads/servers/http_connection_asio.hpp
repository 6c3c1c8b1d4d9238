// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <list>
#include <memory>

#include "workloads/servers/timed_http_server.hpp"

namespace regatta {

// A concrete executor: 40 bytes less per socket and timer than the type-erased default.
using http_socket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

/// A counter that one thread writes and others may read; the values order nothing, hence relaxed.
class published_count {
 public:
  void add(std::int64_t n) { value_.store(get() + static_cast<std::uint64_t>(n), relaxed); }
  void raise_to(std::uint64_t n) { value_.store(std::max(get(), n), relaxed); }
  std::uint64_t get() const { return value_.load(relaxed); }

 private:
  static constexpr auto relaxed = std::memory_order_relaxed;
  std::atomic<std::uint64_t> value_{0};
};

/// One client of timed_http_server; keeps itself alive while the loop or the list below knows it.
class http_connection;

/// What the connections of one server share. Loop thread only, but for the counts.
struct http_loop {
  timed_http_server::handler answer;
  timed_http_server::refusal refuse;
  // One input buffer for all: a connection holds memory only for a request that is incomplete.
  std::array<char, 64 << 10> input;
  std::list<std::shared_ptr<http_connection>> connections;
  published_count requests, malformed, open, peak;
};

/// Serves a client that has just been accepted, until either side closes.
void serve_connection(http_loop& loop, http_socket socket);

/// Closes those that have kept the server waiting for too long. To be called every half second or
/// so.
void close_late_connections(http_loop& loop);

}  // namespace regatta
