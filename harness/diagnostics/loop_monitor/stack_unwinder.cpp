// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/loop_monitor/stack_unwinder.hpp"

#include <elfutils/libdwfl.h>
#include <unistd.h>

#include <optional>

#include "harness/diagnostics/dwfl_session.hpp"
#include "harness/diagnostics/frame_guess.hpp"
#include "harness/diagnostics/own_modules.hpp"

namespace regatta::internal {
namespace {

constexpr std::size_t most_frames = 16384;
constexpr int most_guesses = 64;  // of a frame; code that is not optimised leaves many behind

// What elfutils asks while it unwinds. Its argument is the address of the copy in work.
using current_copy = const stack_copy*;

pid_t next_thread(Dwfl*, void* copy, void** thread_argument) {
  if (*thread_argument != nullptr) return 0;  // there is one
  *thread_argument = copy;
  return ::getpid();
}

bool get_thread(Dwfl*, pid_t, void* copy, void** thread_argument) {
  *thread_argument = copy;
  return true;
}

bool read_memory(Dwfl*, Dwarf_Addr address, Dwarf_Word* result, void* copy) {
  const auto word = (*static_cast<current_copy*>(copy))->word(address);
  if (word) *result = *word;
  return word.has_value();
}

bool set_registers(Dwfl_Thread* thread, void* argument) {
  const stack_copy& copy = **static_cast<current_copy*>(argument);
  for (unsigned i = 0; i < register_numbers::count; ++i) {
    if (const auto value = copy.registers[i]) {
      const Dwarf_Word word = *value;
      if (!dwfl_thread_state_registers(thread, static_cast<int>(i), 1, &word)) return false;
    }
  }
  dwfl_thread_state_register_pc(thread, copy.code);
#if defined(__x86_64__)
  const Dwarf_Word code = copy.code;  // has a number here
  return dwfl_thread_state_registers(thread, 16, 1, &code);
#else
  return true;
#endif
}

constexpr Dwfl_Thread_Callbacks thread_callbacks{
    .next_thread = next_thread,
    .get_thread = get_thread,
    .memory_read = read_memory,
    .set_initial_registers = set_registers,
    .detach = nullptr,
    .thread_detach = nullptr,
};

#if defined(__x86_64__)
constexpr unsigned preserved_registers[] = {3, 6, 12, 13, 14, 15};  // rbx, rbp, r12 … r15

// Where CFI does not mention rbx the callee has not touched it; elfutils, which takes number 0 for
// its own there, loses it. Not so where a step had no CFI: then r12 is lost as well.
void keep_rbx(unwound_frame& frame, const unwound_frame& callee) {
  if (!frame.preserved[0] && frame.preserved[2]) frame.preserved[0] = callee.preserved[0];
}
#else
constexpr unsigned preserved_registers[] = {19, 20, 21, 22, 23, 24};
void keep_rbx(unwound_frame&, const unwound_frame&) {}
#endif

// Complete if it came to the outermost frame, which says of itself that nobody called it.
struct walk {
  std::vector<unwound_frame> found;
  std::size_t most = 0;
  bool complete = false;
};

int add_frame(Dwfl_Frame* frame, void* argument) {
  auto& [found, most, complete] = *static_cast<walk*>(argument);
  Dwarf_Addr code = 0;
  if (!dwfl_frame_pc(frame, &code, nullptr) || code == 0) return DWARF_CB_ABORT;
  unwound_frame& result = found.emplace_back();
  result.code = code;
  Dwarf_Word value = 0;
  if (dwfl_frame_reg(frame, register_numbers::stack, &value) == 0) result.stack = value;
  for (std::size_t i = 0; i < result.preserved.size(); ++i) {
    if (dwfl_frame_reg(frame, preserved_registers[i], &value) == 0) result.preserved[i] = value;
  }
  if (found.size() > 1) keep_rbx(result, found[found.size() - 2]);
  return found.size() < most ? DWARF_CB_OK : DWARF_CB_ABORT;
}

}  // namespace

struct stack_unwinder::state {
  dwfl_session session;
  current_copy copy = nullptr;

  void open() {
    session = open_session();
    if (!session) return;
    dwfl_report_begin(session.get());
    report_own_modules(session.get());
    dwfl_report_end(session.get(), nullptr, nullptr);
    if (!dwfl_attach_state(session.get(), nullptr, ::getpid(), &thread_callbacks, &copy)) {
      session.reset();
    }
  }

  walk unwind(const stack_copy& from, std::size_t most) {
    walk result;
    result.most = most;
    copy = &from;
    const int end = dwfl_getthread_frames(session.get(), ::getpid(), add_frame, &result);
    // elfutils also ends there where a caller cannot be computed, for want of a register.
    result.complete = end == 0 && !result.found.empty() &&
                      is_outermost(session.get(), result.found.back().code - 1);
    copy = nullptr;
    return result;
  }
};

stack_unwinder::stack_unwinder() : state_(std::make_unique<state>()) { state_->open(); }
stack_unwinder::~stack_unwinder() = default;

std::vector<unwound_frame> stack_unwinder::frames(const stack_copy& copy) {
  if (state_->session && module_at(state_->session.get(), copy.code) == nullptr)
    state_->open();  // loaded since, perhaps
  if (!state_->session) return {{.code = copy.code, .stack = copy.stack}};
  walk best = state_->unwind(copy, most_frames);
  if (!best.complete && !copy.registers[register_numbers::frame]) {
    std::size_t left = best.found.size() < most_frames ? most_frames : 0;
    stack_copy guessed = copy;
    std::uintptr_t above = copy.stack;
    const auto is_code = [this](std::uintptr_t address) {
      return is_in_function(state_->session.get(), address);
    };
    for (int attempt = 0; attempt < most_guesses && !best.complete && left > 0; ++attempt) {
      const auto frame = guess_frame(copy.bytes, copy.begin, above, is_code);
      if (!frame) break;
      guessed.registers[register_numbers::frame] = *frame;
      walk other = state_->unwind(guessed, left);
      left -= other.found.size();
      if (other.complete || other.found.size() > best.found.size()) best = std::move(other);
      above = *frame + 8;
    }
  }
  if (best.found.empty()) best.found.push_back({.code = copy.code, .stack = copy.stack});
  return best.found;
}

const char* stack_unwinder::linker_name(std::uintptr_t code) {
  if (!state_->session) return nullptr;
  Dwfl_Module* const module = dwfl_addrmodule(state_->session.get(), code);
  return module != nullptr ? dwfl_module_addrname(module, code) : nullptr;
}

}  // namespace regatta::internal
