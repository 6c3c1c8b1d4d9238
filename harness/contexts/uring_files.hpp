// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "harness/bytes.hpp"
#include "harness/contexts/event_loop.hpp"

namespace regatta {

/// Reads small files by io_uring, on one event loop: opening, reading and closing go to the kernel
/// as one chain, and the chains of all items that the loop served in a turn in one system call.
/// Thread safety: the loop's thread only.
class uring_files {
 public:
  static constexpr std::size_t largest = 16384;  ///< bytes of a file, one more and it is not small
  static constexpr unsigned usual_depth = 64;    ///< files on their way; others wait in line

  /// Throws std::runtime_error, with a reason for the user, if this kernel, or what confines us,
  /// does not let it.
  explicit uring_files(event_loop& loop, unsigned depth = usual_depth);
  ~uring_files();

  /// nullopt if the file is not small, or is better read in another way. Throws std::system_error.
  async_task<std::optional<buffer>> read(std::filesystem::path path);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace regatta
