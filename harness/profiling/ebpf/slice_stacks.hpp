// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "harness/profiling/bpf/thread_account.h"
#include "harness/profiling/captured_stack.hpp"

namespace regatta::profiling {

/// A stack that was taken in a slice: on a CPU, or in a call that had waited that long.
struct slice_stack {
  std::uint64_t waited = 0;  ///< ns; 0: it was on a CPU
  std::int32_t call = kernel_side::no_call;
  captured_stack stack;
};

/// The stacks of one slice; the kernel sends few of them. Pure.
struct slice_stacks {
  std::uint64_t slice = 0;
  std::chrono::nanoseconds told{};  ///< the slice's length when it was last told; 0: never
  std::vector<slice_stack> taken{};

  void add(slice_stack stack) { taken.push_back(std::move(stack)); }

  /// Of where most of the time went: the last one on a CPU, or the longest wait in the call that
  /// waited longest. Any other if there is none.
  std::optional<captured_stack> best_for(const kernel_side::slice_ledger& ledger) const {
    if (taken.empty()) return std::nullopt;
    std::uint64_t longest = 0;
    std::int32_t call = kernel_side::no_call;
    for (std::uint32_t i = 0; i < std::min<std::uint32_t>(ledger.used, kernel_side::call_shares);
         ++i) {
      if (ledger.calls[i].time <= longest) continue;
      longest = ledger.calls[i].time;
      call = ledger.calls[i].call;
    }
    const bool computes = ledger.user + ledger.kernel >= longest;
    const slice_stack* best = &taken.back();
    for (const slice_stack& each : taken) {
      if (fits(each, computes, call) > fits(*best, computes, call) ||
          (fits(each, computes, call) == fits(*best, computes, call) &&
           each.waited >= best->waited)) {
        best = &each;
      }
    }
    return best->stack;
  }

 private:
  static int fits(const slice_stack& stack, bool computes, std::int32_t call) {
    if (computes) return stack.waited == 0 ? 1 : 0;
    return stack.waited != 0 ? (stack.call == call ? 2 : 1) : 0;
  }
};

}  // namespace regatta::profiling
