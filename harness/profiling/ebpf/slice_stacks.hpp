// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "harness/profiling/bpf/thread_account.h"
#include "harness/profiling/process_symbols.hpp"

namespace regatta::profiling {

/// A stack that was taken in a slice: on a CPU, or in a call that had waited that long.
struct slice_stack {
  std::uint64_t waited = 0;  ///< ns; 0: it was on a CPU
  std::int32_t call = kernel_side::no_call;
  bool there = false;  ///< it was named while its thread was there: an interpreter's functions too
  named_stack stack;
};

/// The stacks of one slice, few of them. Pure.
struct slice_stacks {
  std::chrono::nanoseconds told{};  ///< the slice's length when it was last told; 0: never
  std::vector<slice_stack> taken{};
  std::uint64_t copied_call = 0;  ///< when the call began whose stack was copied while it waited
  bool left = false;  ///< its loop's descriptor is none any more: no callback, what comes after it

  void add(slice_stack stack) { taken.push_back(std::move(stack)); }

  /// Of where most of the time went: the last one on a CPU, or the longest wait in the call that
  /// waited longest. Any other if there is none.
  std::optional<named_stack> best_for(const kernel_side::slice_ledger& ledger) const {
    if (taken.empty()) return std::nullopt;
    std::uint64_t longest = 0;
    std::int32_t call = kernel_side::no_call;
    for (std::uint32_t i = 0; i < std::min<std::uint32_t>(ledger.used, kernel_side::call_shares);
         ++i) {
      if (ledger.calls[i].time <= longest) continue;
      longest = ledger.calls[i].time;
      call = ledger.calls[i].call;
    }
    const bool computes = ledger.user + ledger.kernel + ledger.cpu >= longest;
    const auto better = [&](const slice_stack& a, const slice_stack& b) {
      return std::pair(fits(a, computes, call), a.waited) <
             std::pair(fits(b, computes, call), b.waited);
    };
    // The last one of equals.
    return std::max_element(taken.rbegin(), taken.rend(), better)->stack;
  }

 private:
  static int fits(const slice_stack& stack, bool computes, std::int32_t call) {
    const bool right = computes ? stack.waited == 0 : stack.waited != 0 && stack.call == call;
    return (right ? 4 : 0) + (!computes && stack.waited != 0 ? 2 : 0) + (stack.there ? 1 : 0);
  }
};

}  // namespace regatta::profiling
