// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "harness/backend.hpp"
#include "harness/platform/child_process.hpp"
#include "harness/platform/mapping.hpp"
#include "harness/process/parking_spot.hpp"
#include "harness/process/spsc_ring.hpp"

namespace regatta {

/// Forked workers over one shared copy of the dataset: only offsets travel, through a pair of rings
/// a worker; answers lie in the worker's slab of shared memory until they are checked. No lock is
/// shared, so none can be left locked by a worker that dies: its rings are made anew. Thread
/// safety: one thread, in a process that has no other.
class shared_pool {
 public:
  /// `setup.dataset` must lie in a shared_mapping, `setup` must outlive the pool.
  shared_pool(const backend_setup& setup, unsigned workers, std::vector<int> pins,
              std::chrono::nanoseconds spin);
  ~shared_pool();

  /// backend::run: serves an epoch with at most `outstanding` items out at a time.
  void run(epoch& slice, unsigned outstanding);
  void add_facts(backend_facts& facts) const;

 private:
  static constexpr std::size_t depth = 4;  ///< items a worker may have, the one it is at included

  struct request {
    std::uint64_t index;
    std::uint64_t offset;  ///< of the input in the dataset
    std::uint64_t size;
    std::uint64_t slot;  ///< of the slab, for the answer
  };
  struct reply {
    std::uint64_t failed;
    std::uint64_t size;
    std::uint64_t slot;
  };
  /// In shared memory, one a worker.
  struct mailbox {
    spsc_ring<request, depth> requests;
    spsc_ring<reply, depth> replies;
    parking_spot worker_spot;
    std::atomic<std::uint64_t> begun{0};  ///< items taken up; read when the worker has died
  };
  struct worker {
    pid_t pid = -1;
    int cpu = -1;
    mailbox* box = nullptr;
    std::span<std::byte> slab;
    std::uint64_t next_slot = 0;
    std::uint64_t answered = 0;
    std::deque<ticket> out;  ///< in the order they were sent
  };

  void start(worker& each);
  [[noreturn]] void serve(const worker& self, pid_t parent) const;
  bool send(worker& to, const ticket& which);
  std::size_t collect(worker& from, recorder& notes);
  void bury(worker& dead, const exit_status& status, recorder& notes);
  void check_workers(recorder& notes);
  worker& least_loaded();

  const backend_setup& setup_;
  const std::chrono::nanoseconds spin_;
  const std::size_t slot_bytes_;
  shared_mapping memory_;
  parking_spot* dispatcher_spot_ = nullptr;  ///< in shared memory
  std::vector<worker> workers_;
  std::deque<ticket> resend_;
  std::uint64_t descriptor_bytes_ = 0;
  std::uint64_t answer_bytes_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace regatta
