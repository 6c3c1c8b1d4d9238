// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace regatta::profiling {

/// The memory of a process that runs on, by process_vm_readv(2): it is neither stopped nor entered,
/// and may change between two reads. Any thread.
class foreign_memory {
 public:
  explicit foreign_memory(pid_t process) : process_(process) {}

  /// How many bytes from `address` on could be read: fewer than `size` at the end of a mapping, 0
  /// if there is no such memory, no such process, or no right to read it.
  std::size_t read(std::uint64_t address, void* target, std::size_t size) const;

  template <class Value>
  std::optional<Value> value(std::uint64_t address) const {
    Value result{};
    if (read(address, &result, sizeof(result)) != sizeof(result)) return std::nullopt;
    return result;
  }

 private:
  pid_t process_;
};

}  // namespace regatta::profiling
