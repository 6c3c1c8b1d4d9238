// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "harness/item.hpp"

namespace regatta {

// Messages between a cell and its worker processes, over a stream socket: a header, then `size`
// bytes. Both ends are the same program on the same machine, so values travel as they lie in
// memory.
enum class message_kind : std::uint32_t {
  setup,   ///< to a worker with nothing of ours in memory: JSON, then the dataset
  items,   ///< count × item_head, then their inputs, each padded to wire_alignment
  kernel,  ///< the same with one input; argument: where in the program
  ready,   ///< the worker can begin
  answers  ///< count × answer_head, then the answers
};

/// Inputs are read where they arrive, as arrays of whatever the workload says: so all that goes to
/// a worker comes in multiples of this.
constexpr std::size_t wire_alignment = 16;
constexpr std::size_t padded(std::size_t size) {
  return (size + wire_alignment - 1) / wire_alignment * wire_alignment;
}

struct alignas(wire_alignment) message_header {
  message_kind kind{};
  std::uint32_t count = 1;
  std::uint64_t argument = 0;  ///< kernel: offset; setup: bytes of JSON
  std::uint64_t size = 0;      ///< of what follows
};
static_assert(sizeof(message_header) == 32);

struct item_head {
  std::uint64_t index = 0;
  std::uint64_t size = 0;
};

struct answer_head {
  std::uint64_t failed = 0;  ///< 1: the bytes are the exception's text
  std::uint64_t size = 0;
};

/// A kernel as an offset from the start of the program: equal in every process of it, wherever
/// each was loaded.
std::uint64_t kernel_offset(kernel work);
/// Throws std::runtime_error if `offset` is not inside the program's code.
kernel kernel_at(std::uint64_t offset);

}  // namespace regatta
