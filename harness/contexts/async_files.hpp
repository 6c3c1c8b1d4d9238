// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "harness/contexts/event_loop.hpp"
#include "harness/contexts/uring_files.hpp"
#include "harness/contexts/worker_pool.hpp"

namespace regatta {

class helper_threads;

/// Files for one event loop: by io_uring where the kernel has it, else, and where they are large,
/// on helper threads. Found out when the first is read. Thread safety: the loop's thread only.
class async_files {
 public:
  /// `uring_depth` is for tests: one that the kernel refuses leaves the helper threads.
  async_files(event_loop& loop, helper_threads& helpers,
              unsigned uring_depth = uring_files::usual_depth)
      : loop_(loop), helpers_(helpers), uring_depth_(uring_depth) {}

  /// A whole file. Throws std::system_error.
  async_task<buffer> read(std::filesystem::path path);
  /// "io_uring" or "helper threads (why)"; empty while none was read.
  const std::string& how() const { return how_; }

 private:
  void find_out();

  event_loop& loop_;
  helper_threads& helpers_;
  const unsigned uring_depth_;
  std::unique_ptr<uring_files> uring_;
  std::string how_;
};

}  // namespace regatta
