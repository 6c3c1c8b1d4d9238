// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "harness/platform/mapping.hpp"
#include "harness/platform/unique_fd.hpp"
#include "harness/process/parking_spot.hpp"
#include "harness/process/spsc_ring.hpp"

namespace regatta {

/// Memory in which a dispatcher gives kernels to worker processes: a pair of rings a worker, and
/// slots, each for one call's input and then its answer.
///
///   ┌ dispatcher's spot ┬ mailbox 0 │ slot 0 │ slot 1 … ┬ mailbox 1 │ slot 0 …
///
/// Slots are as large as the largest message; pages are taken when they are touched, so that small
/// messages cost what they need. Thread safety: each mailbox has one dispatcher and one worker.
class kernel_rings {
 public:
  static constexpr std::size_t most_slots = 8;

  struct layout {
    unsigned workers = 1;
    unsigned slots = 1;           ///< a worker, at most most_slots
    std::size_t slot_bytes = 64;  ///< rounded up to whole pages
  };
  struct request {
    std::uint64_t kernel;  ///< kernel_offset()
    std::uint64_t size;    ///< of the input in the slot
    std::uint64_t slot;
  };
  struct reply {
    std::uint64_t failed;  ///< 1: the slot has the text of what kept the kernel from answering
    std::uint64_t size;
    std::uint64_t slot;
  };
  struct mailbox {
    spsc_ring<request, most_slots> requests;
    spsc_ring<reply, most_slots> replies;
    parking_spot worker_spot;
    std::atomic<std::uint64_t> begun{0};  ///< calls taken up; read when the worker has died
  };

  /// Makes them. Throws std::system_error.
  explicit kernel_rings(layout shape);
  /// In a worker: those in that file.
  kernel_rings(int file, layout shape);

  int file() const { return file_.get(); }
  const layout& shape() const { return shape_; }
  parking_spot& dispatcher_spot() const;
  mailbox& box(unsigned worker) const;
  /// As new, for a worker that has not been started.
  void clear(unsigned worker) const;
  std::span<std::byte> slot(unsigned worker, std::uint64_t slot) const;
  /// Gives back the pages of a slot in which a large message was.
  void release_pages(unsigned worker, std::uint64_t slot) const;

 private:
  std::size_t place_of(unsigned worker) const;

  layout shape_;
  unique_fd file_;
  shared_mapping memory_;
};

/// A worker's life: says that it is ready, then runs kernels until its parent has gone.
[[noreturn]] void serve_as_ring_worker(int file, kernel_rings::layout shape, unsigned index,
                                       pid_t parent, const std::function<void()>& ready);

}  // namespace regatta
