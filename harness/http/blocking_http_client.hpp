// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "harness/contexts/deadline.hpp"
#include "harness/contexts/run_environment.hpp"
#include "harness/http_message.hpp"

namespace regatta {

/// async_http_client's twin for threads: plain blocking sockets from a shared pool.
/// Thread safety: shared objects; any thread.
class blocking_http_client {
 public:
  explicit blocking_http_client(const run_environment& environment);
  ~blocking_http_client();

  /// As async_http_client::send.
  http_response send(const std::string& service, http_request request, deadline limit,
                     const http_piece_handler& on_piece = nullptr);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace regatta
