// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <exception>
#include <string>

#include "harness/backend.hpp"
#include "harness/contexts/async_runtime.hpp"
#include "harness/contexts/blocking_runtime.hpp"
#include "harness/interpreter/interpreter.hpp"

namespace regatta {

/// Runs one item in the blocking colour and writes it down.
inline void serve_one(const ticket& which, recorder& notes, const workload_instance& workload,
                      blocking_runtime& runtime) {
  const interpreter::section python;
  interpreter::sleep_until(which.due);
  blocking_context context(runtime);
  try {
    const buffer answer =
        workload.run(context, item{which.index, workload.input(which.index)}).get();
    notes.answered(which, answer);
  } catch (const std::exception& error) {
    notes.failed(which, error.what());
  }
}

/// What each thread of a blocking backend does during an epoch.
inline void serve_items(epoch& slice, const workload_instance& workload,
                        blocking_runtime& runtime) {
  recorder& notes = slice.new_recorder();
  const interpreter::section python;  // between items, too: as a worker's loop in Python
  while (const auto which = slice.claim()) serve_one(*which, notes, workload, runtime);
}

/// One of the in_flight slots of an asynchronous backend; they share a loop and its recorder.
async_task<void> serve_slot(epoch& slice, recorder& notes, const workload_instance& workload,
                            async_runtime& runtime);

/// All slots of one loop, to their end; watched, if the epoch is.
void serve_loop(epoch& slice, unsigned slots, const workload_instance& workload,
                async_runtime& runtime);

/// What CPython's ThreadPoolExecutor stops at.
constexpr unsigned most_blocking_workers = 32;

/// Threads or processes for blocking items: one per usable CPU for work that computes, one for each
/// item in flight up to most_blocking_workers for work that waits. `option` overrides, unless
/// "auto".
unsigned blocking_workers(const backend_setup& setup, const std::string& option);

/// Messages that `workers` processes have at a time. Where the work computes, each has its next
/// waiting while it runs one, so that no CPU idles for a round trip; where it waits, that would
/// only make the next wait longer.
unsigned messages_out(const backend_setup& setup, unsigned workers);

/// Where to pin `workers` workers: one CPU each if there is one for each, else nowhere.
std::vector<int> pins_for(const backend_setup& setup, unsigned workers);

/// The run_environment of a cell's items.
run_environment environment_of(const backend_setup& setup);

/// A number option; throws std::invalid_argument with a sentence that names the option.
unsigned number_option(const std::string& name, const std::string& text);

/// Threads for SQL and files beside an asynchronous backend's loops.
constexpr unsigned helper_thread_count = 4;

}  // namespace regatta
