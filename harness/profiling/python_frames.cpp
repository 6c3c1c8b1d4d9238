// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/python_frames.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "harness/platform/proc_text.hpp"
#include "harness/profiling/python_line_table.hpp"

namespace regatta::profiling {
namespace {

constexpr std::size_t most_frames = 2000;
constexpr std::size_t most_threads = 10'000;
constexpr std::size_t most_text = 4096;        // characters
constexpr std::size_t most_bytes = 1U << 20U;  // of a line table
constexpr std::uint64_t object_type = 8, object_size = 16, text_length = 16, text_state = 32;
constexpr std::uint64_t code_unit = 2;  // bytes

// Code points of 1, 2 or 4 bytes to UTF-8.
std::string utf8(std::span<const std::byte> data, std::size_t width) {
  std::string text;
  for (std::size_t i = 0; i + width <= data.size(); i += width) {
    std::uint32_t point = 0;
    std::memcpy(&point, data.data() + i, width);
    const auto tail = [&](unsigned shift) {
      text += static_cast<char>(0x80U | ((point >> shift) & 0x3fU));
    };
    if (point < 0x80) {
      text += static_cast<char>(point);
    } else if (point < 0x800) {
      text += static_cast<char>(0xc0U | (point >> 6U));
      tail(0);
    } else if (point < 0x10000) {
      const bool surrogate = point >= 0xd800 && point < 0xe000;  // a byte that was not UTF-8
      if (surrogate) {
        text += "\xef\xbf\xbd";
        continue;
      }
      text += static_cast<char>(0xe0U | (point >> 12U));
      tail(6);
      tail(0);
    } else {
      text += static_cast<char>(0xf0U | ((point >> 18U) & 7U));
      tail(12);
      tail(6);
      tail(0);
    }
  }
  return text;
}

// As the process itself knows the thread: it may be in a pid namespace.
std::uint64_t native_id_of(pid_t process, pid_t thread) {
  const auto status = proc_text::read_file(fmt::format("/proc/{}/task/{}/status", process, thread));
  const auto ids = proc_text::value_of(status ? *status : std::string_view(), "NSpid");
  if (!ids) return static_cast<std::uint64_t>(thread);
  const std::string_view last = ids->substr(ids->find_last_of(" \t") + 1);
  return proc_text::number<std::uint64_t>(last).value_or(thread);
}

}  // namespace

python_frames::python_frames(pid_t process, const python_symbols& symbols)
    : process_(process), memory_(process), symbols_(symbols) {
  const auto version = memory_.value<std::uint32_t>(symbols.version);
  if (!version) {
    problem_ = "its memory cannot be read";
    return;
  }
  const auto layout = python_layout_of(*version, symbols.runtime, memory_);
  if (const auto* const reason = std::get_if<std::string>(&layout)) problem_ = *reason;
  if (const auto* const known = std::get_if<python_layout>(&layout)) layout_ = *known;
}

std::optional<std::uint64_t> python_frames::thread_state(std::uint64_t native_id) const {
  std::size_t seen = 0;
  std::uint64_t only = 0;
  auto interpreter = memory_.value<std::uint64_t>(symbols_.runtime + layout_.runtime_interpreters);
  while (interpreter && *interpreter != 0 && seen < most_threads) {
    auto state = memory_.value<std::uint64_t>(*interpreter + layout_.interpreter_threads);
    while (state && *state != 0 && ++seen < most_threads) {
      only = *state;
      if (memory_.value<std::uint64_t>(*state + layout_.thread_native_id) == native_id) {
        return state;
      }
      state = memory_.value<std::uint64_t>(*state + layout_.thread_next);
    }
    interpreter = memory_.value<std::uint64_t>(*interpreter + layout_.interpreter_next);
  }
  // After a fork some versions keep the parent's number; a forked child has one thread.
  const bool main_thread = native_id == native_id_of(process_, process_);
  if (seen == 1 && main_thread) return only;
  return std::nullopt;
}

std::optional<std::uint64_t> python_frames::current_frame(pid_t thread) const {
  const auto state = thread_state(native_id_of(process_, thread));
  if (!state) return std::nullopt;
  const auto found = memory_.value<std::uint64_t>(*state + layout_.thread_frame);
  if (!found || *found == 0 || !layout_.c_frame_frame) return found;
  return memory_.value<std::uint64_t>(*found + *layout_.c_frame_frame);
}

std::optional<std::string> python_frames::text_at(std::uint64_t address) const {
  const auto length = memory_.value<std::uint64_t>(address + text_length);
  const auto state = memory_.value<std::uint32_t>(address + text_state);
  if (!length || !state || *length > most_text) return std::nullopt;
  const std::size_t width = (*state >> 2U) & 7U;
  const bool compact = (*state >> 5U & 1U) != 0;
  const bool ascii = (*state >> 6U & 1U) != 0;
  if (!compact || (width != 1 && width != 2 && width != 4)) return std::nullopt;
  std::vector<std::byte> data(*length * width);
  address += ascii ? layout_.text_ascii_size : layout_.text_compact_size;
  if (memory_.read(address, data.data(), data.size()) != data.size()) return std::nullopt;
  return utf8(data, width);
}

std::vector<std::byte> python_frames::bytes_at(std::uint64_t address) const {
  const auto size = memory_.value<std::uint64_t>(address + layout_.bytes_size);
  if (!size || *size > most_bytes) return {};
  std::vector<std::byte> data(*size);
  data.resize(memory_.read(address + layout_.bytes_data, data.data(), data.size()));
  return data;
}

const python_frames::known_code* python_frames::code_at(std::uint64_t address) {
  // One read a frame, for most frames: the fields are close together.
  std::array<std::byte, 160> object{};
  if (memory_.read(address, object.data(), object.size()) != object.size()) return nullptr;
  const auto word = [&](std::uint64_t offset) {
    std::uint64_t value = 0;
    if (offset + sizeof(value) <= object.size()) {
      std::memcpy(&value, object.data() + offset, sizeof(value));
    }
    return value;
  };
  if (word(object_type) != symbols_.code_type) return nullptr;
  known_code found{word(layout_.code_file),
                   word(layout_.code_name),
                   word(layout_.code_line_table),
                   word(object_size),
                   static_cast<std::uint32_t>(word(layout_.code_first_line)),
                   {},
                   {}};
  known_code& entry = codes_[address];
  if (entry.same_as(found)) return &entry;
  const auto name = text_at(found.name);
  const auto file = text_at(found.file);
  if (!name || !file) return nullptr;
  found.frame = {*name, *file, 0, python_module, address, false};
  found.lines = bytes_at(found.line_table);
  entry = std::move(found);
  return &entry;
}

std::vector<python_frames::evaluation> python_frames::read(pid_t thread) {
  std::vector<evaluation> evaluations;
  if (!problem_.empty()) return evaluations;
  auto address = current_frame(thread);
  evaluation current;
  for (std::size_t i = 0; i < most_frames && address && *address != 0; ++i) {
    const std::uint64_t at = *address;
    const auto entry = memory_.value<std::uint8_t>(at + layout_.frame_entry);
    const auto code = memory_.value<std::uint64_t>(at + layout_.frame_code);
    const auto instruction = memory_.value<std::uint64_t>(at + layout_.frame_instruction);
    address = memory_.value<std::uint64_t>(at + layout_.frame_previous);
    if (!entry || !code || !instruction || !address) return {};
    const bool has_function = !layout_.c_stack_owner || *entry != *layout_.c_stack_owner;
    if (has_function) {
      const known_code* const known = code_at(*code);
      if (known == nullptr) return {};
      profile_frame frame = known->frame;
      const std::uint64_t begin = *code + layout_.code_instructions;
      // One unit before the first: not begun yet.
      const std::uint64_t offset = *instruction > begin ? *instruction - begin : 0;
      frame.line = python_line(known->lines, known->first_line, offset).value_or(known->first_line);
      if (current.functions.empty()) {
        current.code_begin = begin;
        current.code_end = begin + known->units * code_unit;
      }
      current.functions.push_back(std::move(frame));
    }
    const bool called_by_c = layout_.c_stack_owner ? !has_function : *entry != 0;
    if (called_by_c) evaluations.push_back(std::exchange(current, {}));
  }
  if (!current.functions.empty()) evaluations.push_back(std::move(current));
  return evaluations;
}

bool is_python_evaluation(const profile_frame& frame) {
  return frame.function.starts_with("_PyEval_EvalFrameDefault");
}

namespace {

// In DWARF's order: rbx, rbp, r12 to r15.
constexpr std::array<std::size_t, 6> callee_saved{3, 6, 12, 13, 14, 15};

// Whether the capture points into the bytecode.
bool fits(const python_frames::evaluation& evaluation, const captured_stack& captured) {
  if (evaluation.functions.empty()) return false;
  const auto is_inside = [&](std::uint64_t word) {
    // One unit before: where the instruction pointer of a function is that begins.
    return evaluation.code_begin <= word + code_unit && word < evaluation.code_end;
  };
  if (std::any_of(captured.registers.begin(), captured.registers.end(), is_inside)) return true;
  for (std::size_t at = 0; at + sizeof(std::uint64_t) <= captured.stack.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, captured.stack.data() + at, sizeof(word));
    if (is_inside(word)) return true;
  }
  return false;
}

}  // namespace

std::vector<python_frames::evaluation> match_evaluations(
    std::vector<python_frames::evaluation> evaluations, const captured_stack& captured,
    std::size_t count, bool complete) {
  const bool can_tell =
      std::any_of(callee_saved.begin(), callee_saved.end(),
                  [&](std::size_t number) { return captured.registers[number] != 0; });
  const bool fewer = evaluations.size() < count;
  const bool more = evaluations.size() > count && complete;
  if (!can_tell && (fewer || more)) return std::vector<python_frames::evaluation>(count);
  // The outer ends are those that remain alike.
  if (fewer) evaluations.insert(evaluations.begin(), count - evaluations.size(), {});
  if (more) {
    const auto surplus = static_cast<std::ptrdiff_t>(evaluations.size() - count);
    evaluations.erase(evaluations.begin(), evaluations.begin() + surplus);
  }
  if (!can_tell) return evaluations;
  for (python_frames::evaluation& evaluation : evaluations) {
    if (fits(evaluation, captured)) return evaluations;
    evaluation = {};
  }
  return evaluations;
}

std::vector<profile_frame> merge_python(std::span<const profile_frame> native,
                                        std::span<const python_frames::evaluation> evaluations) {
  std::vector<profile_frame> merged;
  std::size_t next = 0;
  const auto add_functions = [&] {
    const auto& functions = evaluations[next++].functions;
    merged.insert(merged.end(), functions.begin(), functions.end());
  };
  for (const profile_frame& frame : native) {
    const bool evaluates = is_python_evaluation(frame) && next < evaluations.size();
    if (!evaluates || evaluations[next].functions.empty()) {
      if (evaluates) ++next;
      merged.push_back(frame);
      continue;
    }
    // What was inlined there is part of the interpreter.
    while (!merged.empty() && merged.back().inlined && merged.back().address == frame.address) {
      merged.pop_back();
    }
    add_functions();
  }
  while (next < evaluations.size()) add_functions();
  return merged;
}

}  // namespace regatta::profiling
