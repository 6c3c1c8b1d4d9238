// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "harness/contexts/deadline.hpp"
#include "harness/sql.hpp"
#include "harness/sql/postgresql_endpoint.hpp"

namespace regatta {

/// PostgreSQL for threads that block: each has a connection of its own, opened when it first asks
/// and closed when the thread ends. Where the endpoint allows fewer than there are threads, they
/// borrow each other's between queries. A connection that broke is replaced by the next query.
/// Thread safety: any thread.
class blocking_postgresql {
 public:
  explicit blocking_postgresql(postgresql_endpoint endpoint);
  ~blocking_postgresql();

  /// Throws postgresql_error, or deadline_exceeded at `limit`: then the connection is closed, which
  /// ends the query on the server as well.
  sql_rows run(const sql_query& query, deadline limit);

  struct state;

 private:
  const std::shared_ptr<state> state_;
};

}  // namespace regatta
