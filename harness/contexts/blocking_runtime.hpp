// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <optional>

#include "harness/contexts/blocking_context.hpp"
#include "harness/contexts/run_environment.hpp"
#include "harness/http/blocking_http_client.hpp"
#include "harness/sql/blocking_postgresql.hpp"
#include "harness/tcp/blocking_tcp_client.hpp"

namespace regatta {

/// What blocking_contexts of one process share. Thread safety: shared objects.
class blocking_runtime {
 public:
  explicit blocking_runtime(run_environment environment)
      : environment_(std::move(environment)), http_(environment_), tcp_(environment_) {}

  const run_environment& environment() const { return environment_; }
  blocking_http_client& http() { return http_; }
  /// The run's database. REQUIRES: it is PostgreSQL.
  blocking_postgresql& postgresql() {
    std::call_once(postgresql_made_, [this] {
      postgresql_.emplace(parse_postgresql_endpoint(environment_.endpoint("database")));
    });
    return *postgresql_;
  }
  blocking_tcp_client& tcp() { return tcp_; }

 private:
  const run_environment environment_;
  blocking_http_client http_;
  std::once_flag postgresql_made_;
  std::optional<blocking_postgresql> postgresql_;
  blocking_tcp_client tcp_;
};

}  // namespace regatta
