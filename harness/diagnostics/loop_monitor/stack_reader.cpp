// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/loop_monitor/stack_reader.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "harness/diagnostics/symbols.hpp"

namespace regatta::internal {
namespace {

// Of a deep recursion the ends are named, with what began it.
constexpr std::size_t most_innermost = 192, most_outermost = 64;

source_frame left_out(std::size_t count) {
  return {.function = fmt::format("[{} frames left out]", count), .place = {}};
}

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
  const std::vector<unwound_frame> unwound = unwinder_->frames(copy);
  const std::size_t most = most_innermost + most_outermost;
  const std::size_t skipped = unwound.size() > most ? unwound.size() - most : 0;
  for (std::size_t i = 0; i < unwound.size(); ++i) {
    if (skipped != 0 && i == most_innermost) {
      result.frames.push_back(left_out(skipped));
      i += skipped;
    }
    const std::uintptr_t instruction = i == 0 ? unwound[i].code : unwound[i].code - 1;
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
