// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/llm/llm_prompt.hpp"
#include "harness/llm/retry_schedule.hpp"

namespace regatta {

/// The addresses of a host, or why there are none.
struct host_addresses {
  std::vector<std::string> addresses{};  ///< "127.0.0.1", "::1"; tried in this order
  std::string error{};
  bool may_pass = false;  ///< the name server had no answer just now
};

/// getaddrinfo. Blocks; the client calls it in a thread of its own.
host_addresses look_up_host(const std::string& host);

/// Where the client gets what is not in its options. What is empty is the real one.
struct llm_surroundings {
  std::function<host_addresses(const std::string& host)> resolver{};  ///< may block; any thread
  /// For the age of cached addresses and idle connections; timeouts go by the real clock.
  std::function<std::chrono::steady_clock::time_point()> now{};
  std::function<std::int64_t()> unix_seconds{};  ///< for dates in Retry-After
  std::function<std::uint64_t()> random_word{};  ///< for the jitter; called by one thread at a time
};

struct llm_client_options {
  llm_endpoint endpoint{};
  std::string model{};
  std::string ca_file{};  ///< PEM; trusted instead of the system's store

  std::size_t most_connections = 100;  ///< open at once, idle ones included
  std::size_t most_connections_per_host = 20;
  std::size_t most_requests = 100;  ///< under way at once; the others wait for their turn, in order

  std::chrono::nanoseconds connect_timeout = std::chrono::seconds(30);  ///< lookup to TLS handshake
  /// Of a request with all its retries, or of a whole stream; begins when it is its turn.
  std::chrono::nanoseconds total_timeout = std::chrono::seconds(300);
  std::chrono::nanoseconds idle_timeout = std::chrono::seconds(15);  ///< of a connection kept open
  std::chrono::nanoseconds address_lifetime =
      std::chrono::seconds(60);  ///< of a host, in the cache

  std::size_t most_body_bytes = 8U << 20U;
  std::size_t most_header_bytes = 64U << 10U;
  retry_policy retry{};
  llm_surroundings surroundings{};
};

/// Throws std::invalid_argument with a sentence for what cannot be meant.
void check(const llm_client_options& options);
void check(const llm_endpoint& endpoint);

}  // namespace regatta
