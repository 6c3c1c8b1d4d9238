// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "harness/contexts/event_loop.hpp"
#include "harness/service/service_counts.hpp"

namespace regatta {

struct http_front_options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: a free one
  std::size_t most_connections = 2000;
  std::size_t most_body_bytes = 1 << 20;
  std::chrono::nanoseconds idle_timeout = std::chrono::seconds(60);  ///< between two requests
  /// For a request to arrive whole once it has begun, and for an answer to be taken.
  std::chrono::nanoseconds client_timeout = std::chrono::seconds(10);
};

/// A request that has arrived whole.
struct front_request {
  std::string method;
  std::string path;  ///< the target without what follows '?'
  std::string body;
};

struct front_answer {
  unsigned status = 200;
  std::string body = {};
  std::string content_type = "application/json";
  std::optional<unsigned> retry_after = {};  ///< seconds
  std::string allow = {};                    ///< methods, with 405
  bool close = false;                        ///< the connection, after the answer
};

/// {"error": why}
front_answer error_answer(unsigned status, const std::string& why);

/// An HTTP/1.1 server over event loops: it accepts on the first and deals the connections out among
/// all. Keep-alive, pipelined requests one after the other, chunked bodies, Expect: 100-continue.
/// What HTTP itself refuses it answers alone: 400, 413, 431; it closes on clients that are too
/// slow. No TLS: that is a proxy's job. Thread safety: the loops are not running, or the first
/// loop's thread; answers are asked for on the thread of the connection's loop.
class http_front {
 public:
  /// An answer to a request of a connection on loops[loop]; what it throws is answered with 500.
  using answerer =
      std::function<async_task<front_answer>(std::size_t loop, const front_request& request)>;

  /// Listens at once. Throws std::runtime_error with a sentence if the port cannot be had.
  http_front(std::span<event_loop* const> loops, http_front_options options, front_counts& counts,
             answerer answer);
  ~http_front();

  std::uint16_t port() const;
  /// Begins to accept, when the first loop runs.
  void start();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace regatta
