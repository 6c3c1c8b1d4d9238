// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/python_layout.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace regatta::profiling {
namespace {

// The state word of a str, its length and its ob_type are where they were in all of these.
constexpr python_layout layout_3_11{
    .runtime_interpreters = 40,
    .interpreter_next = 0,
    .interpreter_threads = 16,
    .thread_next = 8,
    .thread_native_id = 160,
    .thread_frame = 56,
    .c_frame_frame = 8,
    .frame_code = 32,
    .frame_previous = 48,
    .frame_instruction = 56,
    .frame_entry = 68,
    .c_stack_owner = std::nullopt,
    .code_first_line = 72,
    .code_file = 112,
    .code_name = 128,
    .code_line_table = 136,
    .code_instructions = 184,
    .text_ascii_size = 48,
    .text_compact_size = 72,
    .bytes_size = 16,
    .bytes_data = 32,
};

constexpr python_layout layout_3_12{
    .runtime_interpreters = 40,
    .interpreter_next = 0,
    .interpreter_threads = 72,
    .thread_next = 8,
    .thread_native_id = 144,
    .thread_frame = 56,
    .c_frame_frame = 0,
    .frame_code = 0,
    .frame_previous = 8,
    .frame_instruction = 56,
    .frame_entry = 70,
    .c_stack_owner = 3,
    .code_first_line = 68,
    .code_file = 112,
    .code_name = 128,
    .code_line_table = 136,
    .code_instructions = 192,
    .text_ascii_size = 40,
    .text_compact_size = 56,
    .bytes_size = 16,
    .bytes_data = 32,
};

// The words of _Py_DebugOffsets in 3.13: behind the cookie, in this order.
struct debug_offsets {
  std::uint64_t version, free_threaded;
  struct {
    std::uint64_t size, finalizing, interpreters_head;
  } runtime;
  struct {
    std::uint64_t size, id, next, threads_head, others[9];
  } interpreter;
  struct {
    std::uint64_t size, prev, next, interp, current_frame, thread_id, native_thread_id,
        datastack_chunk, status;
  } thread;
  struct {
    std::uint64_t size, previous, executable, instr_ptr, localsplus, owner;
  } frame;
  struct {
    std::uint64_t size, filename, name, qualname, linetable, firstlineno, argcount, others[2],
        co_code_adaptive;
  } code;
  std::uint64_t object[2], type[4], tuple[3], list[3], dict[3], floating[2], integer[3];
  struct {
    std::uint64_t size, ob_size, ob_sval;
  } bytes;
  struct {
    std::uint64_t size, state, length, asciiobject_size;
  } text;
};

std::variant<python_layout, std::string> layout_3_13(std::uint64_t runtime,
                                                     const foreign_memory& memory) {
  constexpr std::string_view cookie = "xdebugpy";
  const auto mark = memory.value<std::array<char, cookie.size()>>(runtime);
  const auto read = memory.value<debug_offsets>(runtime + cookie.size());
  if (!mark || !read) return "its memory cannot be read";
  if (std::string_view(mark->data(), mark->size()) != cookie || read->version >> 16U != 0x030dU) {
    return "its table of offsets is another one than that of CPython 3.13";
  }
  if (read->free_threaded != 0) return "it is a free-threaded build";
  constexpr std::uint64_t utf8_and_its_length = 16;
  return python_layout{
      .runtime_interpreters = read->runtime.interpreters_head,
      .interpreter_next = read->interpreter.next,
      .interpreter_threads = read->interpreter.threads_head,
      .thread_next = read->thread.next,
      .thread_native_id = read->thread.native_thread_id,
      .thread_frame = read->thread.current_frame,
      .c_frame_frame = std::nullopt,
      .frame_code = read->frame.executable,
      .frame_previous = read->frame.previous,
      .frame_instruction = read->frame.instr_ptr,
      .frame_entry = read->frame.owner,
      .c_stack_owner = 3,
      .code_first_line = read->code.firstlineno,
      .code_file = read->code.filename,
      .code_name = read->code.qualname,
      .code_line_table = read->code.linetable,
      .code_instructions = read->code.co_code_adaptive,
      .text_ascii_size = read->text.asciiobject_size,
      .text_compact_size = read->text.asciiobject_size + utf8_and_its_length,
      .bytes_size = read->bytes.ob_size,
      .bytes_data = read->bytes.ob_sval,
  };
}

}  // namespace

std::variant<python_layout, std::string> python_layout_of(std::uint32_t version,
                                                          std::uint64_t runtime,
                                                          const foreign_memory& memory) {
  switch (version >> 16U) {
    case 0x030bU:
      return layout_3_11;
    case 0x030cU:
      return layout_3_12;
    case 0x030dU:
      return layout_3_13(runtime, memory);
    default:
      return fmt::format("the frames of CPython {}.{} are laid out in a way that is not known here",
                         version >> 24U, (version >> 16U) & 255U);
  }
}

}  // namespace regatta::profiling
