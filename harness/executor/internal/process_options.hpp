// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <exception>
#include <string_view>

#include "harness/executor/executor_base.hpp"
#include "harness/process/worker_start.hpp"

namespace regatta::internal {

/// The options of an executor of processes, checked.
struct process_options {
  start_method method = start_method::forkserver;
  unsigned workers = 1;
  unsigned prefetch = 0;
  std::size_t max_message_bytes = 0;
};

/// Throws std::invalid_argument with a sentence.
process_options checked(const executor_options& options);

/// A broken_executor. `how`: "worker process 17 was killed by SIGSEGV".
std::exception_ptr died_over(std::string_view how);

}  // namespace regatta::internal
