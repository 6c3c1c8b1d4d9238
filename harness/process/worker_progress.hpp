// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

namespace regatta {

/// How far a worker process is, in memory shared with its cell: it outlives the worker, so that
/// when one dies the cell knows which message it died over, and which it had not begun. Thread
/// safety: one writer, the worker.
struct worker_progress {
  std::atomic<std::uint64_t> begun{0};
  std::atomic<std::uint64_t> finished{0};  ///< its answer may not have been sent yet
};

}  // namespace regatta
