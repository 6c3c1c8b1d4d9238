// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "harness/contexts/deadline.hpp"
#include "harness/contexts/event_loop.hpp"
#include "harness/contexts/run_environment.hpp"
#include "harness/http_message.hpp"

namespace regatta {

/// HTTP/1.1 over keep-alive connections to the services of a run, on one event loop. A connection
/// serves one request at a time; there are as many as there were requests at once. Thread safety:
/// the loop's thread only.
class async_http_client {
 public:
  async_http_client(event_loop& loop, const run_environment& environment);
  ~async_http_client();

  /// Throws std::system_error for what the network does, deadline_exceeded at `limit`. A pooled
  /// connection that the server closed meanwhile is replaced once, unseen.
  /// The body of a success goes to `on_piece`, if there is one, as it arrives; what that throws
  /// ends the request. Only a connection whose response came to its end is used again.
  async_task<http_response> send(std::string service, http_request request, deadline limit,
                                 http_piece_handler on_piece = nullptr);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace regatta
