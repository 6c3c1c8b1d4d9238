// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "harness/bytes.hpp"
#include "harness/contexts/deadline.hpp"
#include "harness/contexts/run_environment.hpp"

namespace regatta {

/// async_tcp_client's twin for threads: plain blocking sockets from a shared pool.
/// Thread safety: shared objects; any thread.
class blocking_tcp_client {
 public:
  explicit blocking_tcp_client(const run_environment& environment);
  ~blocking_tcp_client();

  /// As async_tcp_client::exchange.
  buffer exchange(const std::string& service, bytes_view message, std::size_t answer_bytes,
                  deadline limit);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace regatta
