// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/foreign_unwinder.hpp"

#include <elfutils/libdwfl.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "harness/diagnostics/frame_guess.hpp"

namespace regatta::profiling {
namespace {

constexpr std::size_t most_frames = 512;
constexpr int most_guesses = 64;  // of a frame; code that is not optimised leaves many behind
// In DWARF's order.
constexpr std::size_t frame_pointer = 6, stack_pointer = 7, code_pointer = 16;
constexpr pid_t the_thread = 1;  // elfutils asks for a number; there is one stack at a time

// The callbacks' argument is the unwinder.
foreign_unwinder& unwinder_of(void* argument) { return *static_cast<foreign_unwinder*>(argument); }

pid_t next_thread(Dwfl*, void* argument, void** thread_argument) {
  if (*thread_argument != nullptr) return 0;
  *thread_argument = argument;
  return the_thread;
}

bool get_thread(Dwfl*, pid_t, void* argument, void** thread_argument) {
  *thread_argument = argument;
  return true;
}

bool read_memory(Dwfl*, Dwarf_Addr address, Dwarf_Word* result, void* argument) {
  const auto word = unwinder_of(argument).word(address);
  if (word) *result = *word;
  return word.has_value();
}

bool set_registers(Dwfl_Thread* thread, void* argument) {
  const auto& registers = unwinder_of(argument).current().registers;
  dwfl_thread_state_register_pc(thread, registers[code_pointer]);
  return dwfl_thread_state_registers(thread, 0, registers.size(), registers.data());
}

constexpr Dwfl_Thread_Callbacks thread_callbacks{
    .next_thread = next_thread,
    .get_thread = get_thread,
    .memory_read = read_memory,
    .set_initial_registers = set_registers,
    .detach = nullptr,
    .thread_detach = nullptr,
};

int add_frame(Dwfl_Frame* frame, void* argument) {
  auto& addresses = *static_cast<std::vector<std::uint64_t>*>(argument);
  Dwarf_Addr code = 0;
  bool is_running = false;  // the innermost one, and what a signal interrupted
  if (!dwfl_frame_pc(frame, &code, &is_running) || code == 0) return DWARF_CB_ABORT;
  addresses.push_back(is_running ? code : code - 1);  // the call, not what comes after it
  return addresses.size() < most_frames ? DWARF_CB_OK : DWARF_CB_ABORT;
}

// From what the file has at a mapped address, as far as that is not written to.
std::optional<std::uint64_t> word_in_file(Dwfl_Module* module, std::uint64_t address) {
  GElf_Addr bias = 0;
  Elf* const elf = module != nullptr ? dwfl_module_getelf(module, &bias) : nullptr;
  std::size_t count = 0;
  if (elf == nullptr || elf_getphdrnum(elf, &count) != 0) return std::nullopt;
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr part;
    if (gelf_getphdr(elf, static_cast<int>(i), &part) == nullptr) continue;
    const std::uint64_t offset = address - bias - part.p_vaddr;
    const bool fits = address >= bias + part.p_vaddr && offset + 8 <= part.p_filesz;
    if (part.p_type != PT_LOAD || (part.p_flags & PF_W) != 0 || !fits) continue;
    const auto at = static_cast<std::int64_t>(part.p_offset + offset);
    const Elf_Data* const data = elf_getdata_rawchunk(elf, at, 8, ELF_T_BYTE);
    if (data == nullptr || data->d_size < 8) return std::nullopt;
    std::uint64_t word = 0;
    std::memcpy(&word, data->d_buf, sizeof(word));
    return word;
  }
  return std::nullopt;
}

}  // namespace

foreign_unwinder::foreign_unwinder(process_modules& modules, pid_t process)
    : modules_(modules), process_(process), memory_(process) {}

std::optional<std::uint64_t> foreign_unwinder::word(std::uint64_t address) {
  std::uint64_t result = 0;
  const auto& stack = current_->stack;
  const std::uint64_t offset = address - current_->stack_begin;
  if (address >= current_->stack_begin && offset + sizeof(result) <= stack.size()) {
    std::memcpy(&result, stack.data() + offset, sizeof(result));
    return result;
  }
  if (const auto fixed = word_in_file(internal::module_at(modules_.session(), address), address)) {
    return fixed;
  }
  const auto live = memory_.value<std::uint64_t>(address);
  missed_ = missed_ || !live;
  return live;
}

bool foreign_unwinder::attach() {
  if (usable_ && attached_ == modules_.generation()) return true;
  attached_ = modules_.generation();
  usable_ = modules_.session() != nullptr &&
            dwfl_attach_state(modules_.session(), nullptr, process_, &thread_callbacks, this);
  return usable_;
}

// Whether it leads through a library that was loaded since the modules were read.
bool foreign_unwinder::found_modules(const unwound_stack& stack) {
  const auto before = std::pair(modules_.generation(), modules_.size());
  for (const std::uint64_t address : stack.addresses) modules_.at(address);
  return std::pair(modules_.generation(), modules_.size()) != before;
}

// Frame pointers are followed where there are no tables, and may be none.
void foreign_unwinder::cut_where_no_code_is(unwound_stack& stack) const {
  const auto is_no_code = [this](std::uint64_t address) { return !modules_.is_code(address); };
  if (stack.addresses.empty() || !modules_.known()) return;
  const auto end = std::find_if(stack.addresses.begin() + 1, stack.addresses.end(), is_no_code);
  stack.complete = stack.complete && end == stack.addresses.end();
  stack.addresses.erase(end, stack.addresses.end());
}

unwound_stack foreign_unwinder::walk(const captured_stack& captured) {
  unwound_stack result;
  current_ = &captured;
  missed_ = false;  // elfutils takes a return address that cannot be read for none
  result.complete =
      dwfl_getthread_frames(modules_.session(), the_thread, add_frame, &result.addresses) == 0 &&
      !missed_;
  current_ = nullptr;
  return result;
}

unwound_stack foreign_unwinder::unwind(const captured_stack& captured) {
  modules_.at(captured.registers[code_pointer]);  // loaded since, perhaps
  unwound_stack best;
  if (attach()) {
    best = walk(captured);
    if (!best.complete && found_modules(best) && attach()) best = walk(captured);
    cut_where_no_code_is(best);
    if (!best.complete && captured.registers[frame_pointer] == 0) {
      const auto is_code = [this](std::uintptr_t address) {
        return internal::is_in_function(modules_.session(), address);
      };
      captured_stack guessed = captured;
      std::uint64_t above = captured.registers[stack_pointer];
      for (int attempt = 0; attempt < most_guesses && !best.complete; ++attempt) {
        const auto frame =
            internal::guess_frame(captured.stack, captured.stack_begin, above, is_code);
        if (!frame) break;
        guessed.registers[frame_pointer] = *frame;
        unwound_stack other = walk(guessed);
        cut_where_no_code_is(other);
        const bool farther = other.addresses.size() > best.addresses.size();
        if (other.complete || farther) best = std::move(other);
        above = *frame + 8;
      }
    }
  }
  if (best.addresses.empty()) best.addresses.push_back(captured.registers[code_pointer]);
  return best;
}

}  // namespace regatta::profiling
