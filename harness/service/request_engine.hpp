// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "harness/backend.hpp"
#include "harness/contexts/event_loop.hpp"
#include "harness/service/service_counts.hpp"

namespace regatta {

/// A backend behind a server: it answers requests that come from outside, one by one, where
/// backend::run pulls items of an epoch. Thread safety: see answer().
class request_engine {
 public:
  virtual ~request_engine() = default;
  /// What the workload answers to an item with this input. Throws what escapes from it, and with a
  /// sentence if the worker died over it. `input` is borrowed until the task is done. Thread of
  /// loops[loop].
  virtual async_task<buffer> answer(std::size_t loop, bytes_view input) = 0;
  /// Requests that it can use at a time; more would only wait inside of it.
  virtual std::size_t width() const = 0;
  /// The first loop's thread.
  virtual backend_facts facts() const = 0;
};

struct request_engine_setup {
  const backend_setup& backend;  ///< workload, dataset, services, CPUs; outlives the engine
  std::string name;              ///< of the backend
  std::span<event_loop* const> loops;
  pool_counts& counts;
  unsigned workers = 0;  ///< threads or processes that serve requests whole; 0: one a call allowed
  unsigned calls = 1;    ///< of services at a time
};

using request_engine_or_unavailable = std::variant<std::unique_ptr<request_engine>, unavailable>;

/// Event loops that a backend serves with. Throws std::out_of_range for a name that is none.
unsigned loops_of(const std::string& name, const cpu_limits& cpus);

/// Starts the backend of that name with its workers, or says why it cannot serve.
request_engine_or_unavailable start_request_engine(const request_engine_setup& setup);

// One for each way to answer.

/// The asynchronous colour on the connection's own loop; kernels go where the backend takes them.
std::unique_ptr<request_engine> start_loop_requests(const request_engine_setup& setup);
/// The blocking colour in a pool of threads, a request in each.
std::unique_ptr<request_engine> start_thread_requests(const request_engine_setup& setup);
/// The blocking colour in worker processes, a request in each.
std::unique_ptr<request_engine> start_process_requests(const request_engine_setup& setup);

}  // namespace regatta
