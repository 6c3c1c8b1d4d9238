// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/ebpf/waiting_copies.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "harness/profiling/foreign_memory.hpp"

namespace regatta::profiling {
namespace {

using kernel_side::thread_slot;

bool waits(const thread_slot& thread) {
  return thread.tid != 0 && thread.loop != 0 && thread.slice_began != 0 &&
         (thread.mode == kernel_side::mode_blocked || thread.mode == kernel_side::mode_fault);
}

waiting_copy copy_of(const thread_slot& thread, std::uint64_t now) {
  const foreign_memory memory(static_cast<pid_t>(thread.process));
  waiting_copy copy{.process = static_cast<pid_t>(thread.process),
                    .slice = thread.slice,
                    .began = thread.changed,
                    .waited = now > thread.changed ? now - thread.changed : 1,
                    .call = thread.call,
                    .first = thread.argument[0],
                    .path = {},
                    .stack = {}};
  captured_stack& stack = copy.stack;
  stack.tid = static_cast<pid_t>(thread.tid);
  std::copy(std::begin(thread.registers), std::end(thread.registers), stack.registers.begin());
  stack.stack_begin = stack.registers[7];
  stack.stack.resize(kernel_side::stack_bytes);
  stack.stack.resize(memory.read(stack.stack_begin, stack.stack.data(), stack.stack.size()));
  if (const int at = kernel_side::path_argument(thread.call); at >= 0) {
    copy.path.resize(kernel_side::path_bytes);
    copy.path.resize(memory.read(thread.argument[at], copy.path.data(), copy.path.size()));
    copy.path.resize(::strnlen(copy.path.data(), copy.path.size()));
  }
  return copy;
}

}  // namespace

void waiting_copies::look(const loaded_programs& programs, std::size_t used, std::uint64_t now) {
  const auto slots = programs.threads();
  for (std::size_t at = 0; at < used; ++at) {
    const thread_slot& shared = slots[at];
    if (!waits(shared)) continue;
    const auto thread = read_slot(shared);
    if (!thread || !waits(*thread) || copied_[at] == thread->changed) continue;
    if (std::chrono::nanoseconds(kernel_side::slice_age(&*thread, now)) < least_) continue;
    waiting_copy copy = copy_of(*thread, now);
    const auto after = read_slot(shared);
    if (!after || after->slice != thread->slice || after->changed != thread->changed) continue;
    copied_[at] = thread->changed;
    const std::lock_guard lock(mutex_);
    copies_.push_back(std::move(copy));
  }
}

std::vector<waiting_copy> waiting_copies::taken() {
  const std::lock_guard lock(mutex_);
  return std::exchange(copies_, {});
}

}  // namespace regatta::profiling
