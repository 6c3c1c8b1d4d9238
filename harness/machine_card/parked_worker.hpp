// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

#include "harness/machine_card/doorbell.hpp"
#include "harness/platform/affinity.hpp"

namespace regatta::card {

/// A thread that sleeps in a futex, runs `job` each time it is woken, and sleeps again.
///     parked_worker worker({cpu}, [] { … });
///     const bool slept = worker.wake();  // false: it had not fallen asleep, do not count this one
///     worker.wait();
/// Thread safety: wake and wait on the thread that made it; what the job wrote may be read after
/// wait().
class parked_worker {
 public:
  parked_worker(std::vector<int> cpus, std::function<void()> job)
      : thread_([this, cpus = std::move(cpus), job = std::move(job)] { run(cpus, job); }) {
    finished_.wait_for(1);  // it has said whether it got its CPUs
  }
  parked_worker(const parked_worker&) = delete;
  parked_worker& operator=(const parked_worker&) = delete;
  ~parked_worker() {
    stop_ = true;
    wake();
    thread_.join();
  }

  /// It runs where it was asked to.
  bool placed() const { return placed_; }
  bool wake() { return called_.ring(++turn_); }
  void wait() { finished_.wait_for(turn_ + 1); }

 private:
  void run(const std::vector<int>& cpus, const std::function<void()>& job) {
    placed_ = set_affinity(cpus);
    finished_.ring(1);
    for (std::uint32_t turn = 1;; ++turn) {
      called_.wait_for(turn);
      if (stop_) return;
      job();
      finished_.ring(turn + 1);
    }
  }

  doorbell called_;
  doorbell finished_;       // one ahead of called_: the start counts
  std::uint32_t turn_ = 0;  // of the owner
  bool stop_ = false;       // ordered by called_
  bool placed_ = false;     // ordered by finished_
  std::thread thread_;
};

}  // namespace regatta::card
