// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "harness/bytes.hpp"
#include "harness/contexts/deadline.hpp"
#include "harness/contexts/event_loop.hpp"
#include "harness/contexts/run_environment.hpp"

namespace regatta {

/// Messages over kept TCP connections to the services of a run, on one event loop. A connection
/// serves one exchange at a time; there are as many as there were exchanges at once. Thread safety:
/// the loop's thread only.
class async_tcp_client {
 public:
  async_tcp_client(event_loop& loop, const run_environment& environment);
  ~async_tcp_client();

  /// Sends `message`, which is borrowed until the task is done, then reads `answer_bytes`. The
  /// service must take the whole message even if nobody reads its answer yet. Throws
  /// std::system_error for what the network does, deadline_exceeded at `limit`; the connection is
  /// then closed. A kept connection that the server closed meanwhile is replaced once, unseen.
  async_task<buffer> exchange(std::string service, bytes_view message, std::size_t answer_bytes,
                              deadline limit);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace regatta
