// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/database_connections.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "harness/backend.hpp"
#include "harness/load/serve_items.hpp"

namespace regatta {
namespace {

// Worker processes whose items ask the database themselves, each over a connection of its own.
unsigned asking_workers(const workload_plan& plan, const backend_choice& choice) {
  const auto found = backends().find(choice.backend);
  if (found == backends().end()) return 0;
  const backend_info& info = found->second.info;
  if (!info.isolates || !info.takes_blocking_code) return 0;
  const auto workers = choice.options.find("workers");
  if (workers == choice.options.end() || workers->second == "auto") {
    return std::clamp(plan.in_flight, 1U, most_blocking_workers);
  }
  return number_option("workers", workers->second);
}

}  // namespace

unsigned connections_per_process(const workload_plan& plan, unsigned available) {
  unsigned workers = 0;
  unsigned others = 1;  // the serial reference
  for (const backend_choice& choice : plan.backends) {
    const unsigned asking = asking_workers(plan, choice);
    workers += asking;
    if (asking == 0) ++others;
  }
  if (workers + others <= available) return (available - workers) / others;
  throw std::runtime_error(fmt::format(
      "PostgreSQL has {} connections to give and {} approaches need {} at least, one for each "
      "worker process: raise max_connections, or use fewer backends (-b) or items in flight",
      available, plan.backends.size(), workers + others));
}

}  // namespace regatta
