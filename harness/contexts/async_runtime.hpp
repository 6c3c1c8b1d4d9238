// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "harness/contexts/async_context.hpp"
#include "harness/contexts/async_files.hpp"
#include "harness/contexts/event_loop.hpp"
#include "harness/contexts/loop_watch.hpp"
#include "harness/contexts/run_environment.hpp"
#include "harness/contexts/worker_pool.hpp"
#include "harness/http/async_http_client.hpp"
#include "harness/sql/async_postgresql.hpp"
#include "harness/tcp/async_tcp_client.hpp"

namespace regatta {

/// Where an asynchronous backend takes kernels.
class compute_engine {
 public:
  virtual ~compute_engine() = default;
  /// `input` is borrowed until the task is done. Loop thread only.
  virtual async_task<buffer> compute(event_loop& loop, bytes_view dataset, kernel_call work,
                                     bytes_view input) = 0;
};

/// Threads for SQLite and files, started when first needed: a backend that does neither stays at
/// the threads it says it has. Thread safety: shared by the loops of a cell.
class helper_threads {
 public:
  explicit helper_threads(unsigned count) : count_(count) {}
  worker_pool& pool();

 private:
  const unsigned count_;
  std::once_flag started_;
  std::unique_ptr<worker_pool> pool_;
};

/// What async_contexts of one loop share. Thread safety: the loop's thread only.
class async_runtime {
 public:
  async_runtime(event_loop& loop, const run_environment& environment, compute_engine& engine,
                helper_threads& helpers)
      : loop_(loop),
        environment_(environment),
        engine_(engine),
        helpers_(helpers),
        http_(loop, environment),
        tcp_(loop, environment),
        files_(loop, helpers),
        watch_(loop) {}

  event_loop& loop() { return loop_; }
  const run_environment& environment() const { return environment_; }
  compute_engine& engine() { return engine_; }
  worker_pool& helpers() { return helpers_.pool(); }
  async_http_client& http() { return http_; }
  async_tcp_client& tcp() { return tcp_; }
  async_files& files() { return files_; }
  const async_files& files() const { return files_; }
  loop_watch& watch() { return watch_; }
  /// The run's database. REQUIRES: it is PostgreSQL.
  async_postgresql& postgresql() {
    if (!postgresql_) {
      const auto endpoint = parse_postgresql_endpoint(environment_.endpoint("database"));
      postgresql_.emplace(loop_, endpoint, environment_.loops);
    }
    return *postgresql_;
  }

 private:
  event_loop& loop_;
  const run_environment& environment_;
  compute_engine& engine_;
  helper_threads& helpers_;
  async_http_client http_;
  async_tcp_client tcp_;
  async_files files_;
  loop_watch watch_;
  std::optional<async_postgresql> postgresql_;
};

}  // namespace regatta
