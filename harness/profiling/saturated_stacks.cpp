// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/saturated_stacks.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "harness/profiling/culprit.hpp"

namespace regatta::profiling {
namespace {

constexpr std::size_t most_shown = 5;
constexpr std::size_t most_kept = 200;  // of a loop; recursion makes a stack of each depth

}  // namespace

void saturated_stacks::add(const std::string& loop, const named_stack& stack) {
  const profile_frame* const blocker = culprit(stack.frames);
  std::vector<std::string> callers;
  bool below = blocker != nullptr;
  for (const profile_frame& frame : stack.frames) {
    if (&frame == blocker) below = false;
    if (!below) callers.push_back(frame.function);
  }
  auto& stacks = found_[loop];
  if (stacks.size() >= most_kept && !stacks.contains(callers)) return;
  saturated_stack& found = stacks[std::move(callers)];
  if (found.looks++ != 0) return;
  found.stack = stack.frames;
  if (blocker != nullptr) found.blocker = *blocker;
}

std::vector<saturated_stack> saturated_stacks::of(const std::string& loop) const {
  std::vector<saturated_stack> result;
  const auto stacks = found_.find(loop);
  if (stacks == found_.end()) return result;
  for (const auto& [callers, stack] : stacks->second) result.push_back(stack);
  std::ranges::stable_sort(result, std::ranges::greater(), &saturated_stack::looks);
  if (result.size() > most_shown) result.resize(most_shown);
  return result;
}

}  // namespace regatta::profiling
