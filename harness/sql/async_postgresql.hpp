// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "harness/contexts/event_loop.hpp"
#include "harness/sql.hpp"
#include "harness/sql/postgresql_endpoint.hpp"

namespace regatta {

class async_context;

/// PostgreSQL on an event loop: a pool of connections, none of which ever blocks the loop and for
/// none of which there is a thread. A connection serves one query at a time; queries beyond the
/// pool's limit wait for one. A connection that broke is replaced by the next query.
/// Thread safety: the loop's thread only.
class async_postgresql {
 public:
  /// `loops`: among how many of this process the endpoint's connections are divided.
  async_postgresql(event_loop& loop, const postgresql_endpoint& endpoint, unsigned loops);
  ~async_postgresql();

  /// Throws postgresql_error, or deadline_exceeded at the context's: then the connection is closed,
  /// which ends the query on the server as well.
  async_task<sql_rows> run(sql_query query, async_context context);

 private:
  struct state;
  const std::shared_ptr<state> state_;
};

}  // namespace regatta
