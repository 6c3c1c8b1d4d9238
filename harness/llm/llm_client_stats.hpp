// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace regatta {

/// Of one client, now.
struct llm_client_stats {
  std::size_t requests = 0;          ///< not ended yet, with those that wait
  std::size_t waiting = 0;           ///< of these: for their turn, or for a free connection
  std::size_t connections = 0;       ///< open, or being opened
  std::size_t idle_connections = 0;  ///< of these: waiting for a request
  std::size_t most_connections = 0;  ///< at once, so far
};

}  // namespace regatta
