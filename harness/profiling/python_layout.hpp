// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "harness/profiling/foreign_memory.hpp"

namespace regatta::profiling {

/// Where CPython keeps what its stacks are made of: offsets in bytes in the structures of its
/// internal headers (pycore_runtime.h, pycore_frame.h, code.h). x86-64.
struct python_layout {
  std::uint64_t runtime_interpreters = 0;
  std::uint64_t interpreter_next = 0, interpreter_threads = 0;
  std::uint64_t thread_next = 0, thread_native_id = 0;
  /// Of the current frame, or of the pointer to the structure that has it (3.11, 3.12).
  std::uint64_t thread_frame = 0;
  std::optional<std::uint64_t> c_frame_frame;
  std::uint64_t frame_code = 0, frame_previous = 0, frame_instruction = 0;
  /// Of the flag of a frame that C code called (3.11), or of the owner (later).
  std::uint64_t frame_entry = 0;
  /// What the owner of a frame is that stands for such a call and has no function of its own.
  std::optional<std::uint8_t> c_stack_owner;
  std::uint64_t code_first_line = 0, code_file = 0, code_name = 0, code_line_table = 0,
                code_instructions = 0;
  std::uint64_t text_ascii_size = 0, text_compact_size = 0;
  std::uint64_t bytes_size = 0, bytes_data = 0;
};

/// By the version in `Py_Version` (0x030b02f0 is 3.11.2): 3.11 and 3.12 by their headers, which
/// were compared with running interpreters; 3.13 by the table that it has at `runtime`, for such
/// readers. For others the reason, as a clause.
std::variant<python_layout, std::string> python_layout_of(std::uint32_t version,
                                                          std::uint64_t runtime,
                                                          const foreign_memory& memory);

}  // namespace regatta::profiling
