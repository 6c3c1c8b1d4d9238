// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/backend.hpp"
#include "harness/contexts/event_loop.hpp"
#include "harness/item.hpp"
#include "harness/process/worker_start.hpp"

namespace regatta {

/// What a worker process made of one input.
struct remote_answer {
  enum class fate {
    answered,  ///< `bytes` is the answer
    threw,     ///< `bytes` is the exception's text
    lost       ///< the worker died over it; `bytes` says how
  };
  fate outcome = fate::answered;
  buffer bytes;
};

/// What a kernel throws in the place where it was asked for, if its worker died over it. A kernel
/// is pure, so it may be run again.
struct worker_lost : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Worker processes behind one event loop: a socket each, requests appended to what is being sent
/// anyway, answers matched in order, the least loaded worker first. When a worker dies, the request
/// it was at is lost, those behind it are sent again to its replacement. Thread safety: the loop's
/// thread only.
class process_pool {
 public:
  /// Starts all workers and waits until they are ready. `setup` must outlive the pool.
  process_pool(event_loop& loop, const backend_setup& setup, start_method method, unsigned workers,
               std::vector<int> pins);
  /// Ends the workers and reaps them.
  ~process_pool();
  process_pool(const process_pool&) = delete;
  process_pool& operator=(const process_pool&) = delete;

  /// Items as one message: one answer each, in order. A message whose worker died is lost as a
  /// whole.
  async_task<std::vector<remote_answer>> run_items(std::span<const item> items);
  async_task<remote_answer> run_kernel(kernel work, bytes_view input);

  void add_facts(backend_facts& facts) const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace regatta
