// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <string>

#include "harness/contexts/async_context.hpp"

namespace regatta {

/// Whether a service that is called can be reached, by asking it for its /healthz every now and
/// then: any HTTP answer will do. A refused connection counts at once, silence when it comes twice
/// in a row. Thread safety: reachable() from any thread.
class service_health {
 public:
  bool reachable() const { return reachable_.load(std::memory_order_relaxed); }

  void answered();
  void refused();
  void silent();

 private:
  std::atomic<bool> reachable_{true};
  unsigned silences_ = 0;  // loop thread
};

/// Asks for ever; to be started on a loop.
async_task<void> watch_service(async_context context, std::string service, service_health& health);

}  // namespace regatta
