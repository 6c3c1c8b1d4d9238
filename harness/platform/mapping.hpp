// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include "harness/platform/unique_fd.hpp"

namespace regatta {

/// When a mapping's pages become memory.
enum class page_touch { at_once, when_used };

/// Zeroed memory that forked children share with us. Backed by a memfd: no name in any file system,
/// gone with its last process, however that ends.
class shared_mapping {
 public:
  shared_mapping() = default;
  /// Touched in full before it is returned, so that no page fault is left for the measured part.
  /// Throws std::system_error.
  explicit shared_mapping(std::size_t size);
  /// All of a file of that size, such as memory_file() makes; the descriptor may be closed after.
  shared_mapping(int file, std::size_t size, page_touch when = page_touch::at_once);
  shared_mapping(shared_mapping&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  shared_mapping& operator=(shared_mapping&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~shared_mapping();

  std::span<std::byte> bytes() const { return bytes_; }

 private:
  std::span<std::byte> bytes_;
};

/// An anonymous file in memory, to be handed to other processes by its descriptor.
unique_fd memory_file(std::size_t size);

}  // namespace regatta
