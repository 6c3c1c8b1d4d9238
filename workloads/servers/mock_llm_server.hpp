// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "workloads/servers/latency_distribution.hpp"

namespace regatta {

struct mock_llm_options {
  std::uint16_t port = 0;  ///< 0: a free one
  std::uint64_t seed = 1;  ///< decides latencies and failures, never what is answered
  latency_distribution time_to_first_token{latency_distribution::shape::lognormal,
                                           std::chrono::milliseconds(200), 0.25};
  latency_distribution time_between_tokens;
  unsigned max_tokens = 16;  ///< answer length of a request that names none
  double error_rate = 0;     ///< share of completions answered with 500, after the first-token time
  double rate_limit_rate = 0;  ///< share answered with 429 and Retry-After, at once
  latency_distribution document_latency{latency_distribution::shape::constant,
                                        std::chrono::milliseconds(5), 0};
};

struct mock_llm_stats {
  std::uint64_t requests = 0;      ///< of every kind
  std::uint64_t completions = 0;   ///< answered with 200
  std::uint64_t documents = 0;     ///< answered with 200
  std::uint64_t errors = 0;        ///< 500s, by error_rate
  std::uint64_t rate_limited = 0;  ///< 429s, by rate_limit_rate
  std::uint64_t refused = 0;       ///< other 4xx: the client's mistakes
  std::uint64_t open_connections = 0;
  std::uint64_t peak_connections = 0;
};

/// An OpenAI-compatible server on 127.0.0.1 that says nonsense at realistic times: what an LLM
/// client waits for, without the model. See completion_text.hpp for what it answers.
///
///   POST /v1/chat/completions   JSON, or server-sent events with "stream": true
///   GET  /v1/models  /healthz   what clients probe first
///   GET  /documents/<n>         mock_document(n), after document_latency
///   GET  /wait/<ns>/<text>      <text>, after that many nanoseconds, an hour at most
///   GET  /stats                 mock_llm_stats as JSON
///
/// Latency and failure of the k-th completion are functions of (seed, k). A model called
/// "regatta-mock@2s" takes that long to its first token, whatever the options say. Who leaves while
/// waiting for an answer is not waited for: the connection is closed at once.
/// Thread safety: all members from any thread; one thread in run().
class mock_llm_server {
 public:
  /// Listens at once. Throws std::runtime_error with a sentence if the port cannot be had.
  explicit mock_llm_server(mock_llm_options options);
  ~mock_llm_server();

  std::uint16_t port() const;
  /// Serves until stop(), SIGINT or SIGTERM.
  void run();
  void stop();
  mock_llm_stats stats() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace regatta
