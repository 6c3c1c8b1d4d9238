// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace regatta {

/// A request, as the handler sees it; valid until the handler returns.
struct received_request {
  std::string_view method;
  std::string_view target;
  std::string_view body;
};

/// An answer and when to give it.
struct timed_reply {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string extra_headers{};  ///< whole lines, "Retry-After: 1\r\n"
  std::string body{};
  std::chrono::nanoseconds
      delay{};  ///< from the end of the request to the first byte of the answer
  /// If set, the answer is a stream and `body` is ignored: appends one piece and returns the time
  /// from that piece to the next, or nullopt after the last. It is due `delay` after the request.
  std::function<std::optional<std::chrono::nanoseconds>(std::string& piece)> stream{};
};

struct http_counters {
  std::uint64_t requests = 0;  ///< read completely, or refused because they cannot be
  std::uint64_t malformed = 0;
  std::uint64_t open_connections = 0;
  std::uint64_t peak_connections = 0;
};

/// An HTTP/1.1 server on 127.0.0.1 whose answers arrive at chosen times: one thread, many thousands
/// of connections, keep-alive, pipelining, chunked streams. An idle connection costs under 1 KiB
/// here. Not for the open internet: no TLS, no other address.
///
///   timed_http_server server(0, [](const received_request&) { return timed_reply{.body = "{}"};
///   }); std::jthread thread([&] { server.run(); });
///   ... server.port() ... server.stop();
///
/// Thread safety: port(), counters() and stop() from any thread; one thread in run().
class timed_http_server {
 public:
  using handler = std::function<timed_reply(const received_request&)>;
  /// The JSON body for a request that HTTP itself refuses: malformed, too large.
  using refusal = std::function<std::string(unsigned status, std::string_view why)>;

  /// Listens at once; port 0 takes a free one. Raises this process's limit of descriptors as far as
  /// allowed. Throws std::runtime_error with a sentence if the port cannot be had.
  timed_http_server(std::uint16_t port, handler answer, refusal refuse);
  ~timed_http_server();
  timed_http_server(const timed_http_server&) = delete;
  timed_http_server& operator=(const timed_http_server&) = delete;

  std::uint16_t port() const;
  /// Serves until stop(), SIGINT or SIGTERM (both caught only while it runs). Calls the handler.
  void run();
  void stop();
  http_counters counters() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace regatta
