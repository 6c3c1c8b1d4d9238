// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <memory>

#include "harness/contexts/run_environment.hpp"
#include "harness/process/worker_progress.hpp"
#include "harness/workload.hpp"

namespace regatta {

/// A worker process's life when it was forked from a loaded cell: everything is in memory already.
/// Answers messages on `socket` until it closes, then ends the process.
[[noreturn]] void serve_as_worker(int socket, pid_t parent, const workload_instance& workload,
                                  const run_environment& environment, worker_progress& progress);

// The descriptors of a fresh worker process.
constexpr int worker_socket = 3;
constexpr int worker_progress_file = 4;
constexpr int worker_measures_file = 5;  ///< if its items' measures are wanted

/// The same for a fresh process: workload, endpoints and dataset come over worker_socket first.
[[noreturn]] void serve_as_fresh_worker(pid_t parent);

}  // namespace regatta
