// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/loop_monitor/stack_reader.hpp"

#include <unistd.h>

#include "harness/diagnostics/symbols.hpp"

namespace regatta::internal {
namespace {

bool is_programs_own(const source_frame& frame) {
  const std::string name = short_function_name(frame.function);
  return !is_library_frame(frame) && !name.starts_with("regatta::internal::") &&
         !name.starts_with("0x") && !name.empty();
}

}  // namespace

stack_reader::named_stack stack_reader::read(const stack_copy& copy) {
  if (!unwinder_) unwinder_.emplace();
  named_stack result;
  symbols& names = own_symbols();
  bool is_return_address = false;
  for (const unwound_frame& at : unwinder_->frames(copy)) {
    const std::uintptr_t instruction = is_return_address ? at.code - 1 : at.code;
    is_return_address = true;
    const bool system = names.is_system_code(instruction);
    for (source_frame& frame : names.at(instruction)) {
      if (result.blocker.function.empty() && !system && is_programs_own(frame)) {
        result.blocker = frame;
      }
      result.frames.push_back(std::move(frame));
    }
  }
  return result;
}

void stack_reader::warm_up() {
  if (unwinder_) return;
  const thread_probe main_thread(::getpid());
  const auto copied = copy_stack(main_thread);
  if (const auto* const copy = std::get_if<stack_copy>(&copied)) read(*copy);
}

}  // namespace regatta::internal
