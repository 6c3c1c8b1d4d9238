// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>

#include "harness/profiling/ebpf/loaded_programs.hpp"
#include "harness/profiling/ebpf/probe_stages.hpp"

namespace regatta::profiling {

/// Puts the stages into force, in a thread of its own that does nothing else: what passes between a
/// loop's last sleep and this is not seen. It asks for real-time priority, and goes without where
/// it may not have it.
/// Thread safety: need() from any thread, the others from one.
class stage_armer {
 public:
  /// The first stage is in force when it returns.
  explicit stage_armer(loaded_programs& programs);
  ~stage_armer() { stop(); }
  stage_armer(const stage_armer&) = delete;
  stage_armer& operator=(const stage_armer&) = delete;

  void need(const probe_needs& needs);
  /// The stage in force stays so.
  void stop();
  /// For how long it was in force, until stop().
  std::chrono::nanoseconds lasted(kernel_side::watch_stage stage) const {
    return stages_.lasted(stage);
  }

 private:
  void run(const std::stop_token& stop);
  void follow_needs();
  bool is_restless();

  loaded_programs& programs_;
  std::mutex mutex_;
  probe_needs needs_;            // since they were looked at last; by mutex_
  std::size_t used_ = 0;         // slots up to here were used at some time
  std::uint64_t suspected_ = 0;  // when a loop was found restless
  probe_stages stages_;          // of the thread, while it runs
  std::jthread thread_;
};

}  // namespace regatta::profiling
