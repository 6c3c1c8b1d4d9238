// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "harness/finding.hpp"
#include "harness/service/http_front.hpp"
#include "harness/service/request_engine.hpp"
#include "harness/service/service_metrics.hpp"

namespace regatta {

struct http_service_options {
  std::string backend;               ///< its name
  std::string path = "/v1/answer";   ///< POST to it is an item of the workload
  std::size_t most_requests = 2000;  ///< in service or waiting; more are shed
  unsigned workers = 0;              ///< see request_engine_setup
  unsigned calls = 50;               ///< of the LLM at a time; the workload keeps to it
  std::chrono::nanoseconds request_timeout = std::chrono::seconds(30);  ///< until it is begun
  std::chrono::nanoseconds drain_limit = std::chrono::seconds(10);
  std::chrono::nanoseconds blocked_over = std::chrono::milliseconds(20);
  http_front_options front;
};

/// What a service needs from outside.
struct http_service_hooks {
  std::function<bool()> stop;                    ///< asked every 20 ms; true begins the end
  std::function<void(const std::string&)> tell;  ///< a paragraph for people; any thread
};

/// How a service ended.
struct http_service_end {
  std::int64_t requests = 0;  ///< admitted and answered
  std::int64_t shed = 0;      ///< refused with 503
  std::int64_t cut_off = 0;   ///< still under way when the time to drain was over
  std::uint64_t workers_lost = 0;
  std::optional<finding> blocked;  ///< of all loops, from beginning to end
};

/// A workload behind HTTP, on whatever backend can serve:
///
///   connections ─► front: parses, refuses what is malformed
///                    └─► admission: beyond most_requests 503 with Retry-After
///                          └─► turns: in order of arrival, as many as the engine can use; 504
///                                └─► engine: the workload's run(), in the backend's colour
///
///   POST path      the workload's framed answer (framed_answer.hpp) to the body
///   GET /healthz   200, or 503 with the reason: draining, LLM unreachable, no workers left
///   GET /metrics   Prometheus text
///
/// Answers to POST come from one code for all backends, and so do the limits. When it ends it still
/// listens while it drains: it answers 503, so that a balancer and its clients know.
/// Thread safety: one thread makes it, runs it and ends it.
class http_service {
 public:
  /// Listens, then starts the backend with its workers; processes before threads. `setup` must
  /// outlive it, `llm` are the counts that its workload keeps. Throws std::runtime_error with a
  /// sentence if the port cannot be had or the backend cannot serve.
  http_service(const http_service_options& options, const backend_setup& setup,
               service_metrics& metrics, http_service_hooks hooks);
  /// Waits until what run() has cut off is answered all the same: as long as the workload's own
  /// limits let it take, so a program in a hurry ends without.
  ~http_service();

  /// "http://127.0.0.1:8080"
  std::string url() const;
  backend_facts facts() const;
  /// Serves until hooks.stop() and then until all requests inside are answered, or the limit. To be
  /// called once.
  http_service_end run();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace regatta
