// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "harness/platform/process_usage.hpp"
#include "harness/run_result.hpp"

namespace regatta {

/// What this process and all it started have used up to now. CPU time in total is exact over one
/// epoch where the CPU clocks of living children can be read (see usage_of), else over seconds; its
/// split into user and system follows the kernel's ticks and is right over seconds only. Without
/// what the loop monitor's threads use: that is the harness's, not the backend's.
struct measured_usage {
  process_usage total;

  static measured_usage now();
  friend process_usage operator-(const measured_usage& later, const measured_usage& earlier) {
    return later.total - earlier.total;
  }
};

/// Sums over epochs.
class usage_total {
 public:
  void add(const process_usage& used, std::uint64_t items) {
    used_ = used_ + used;
    items_ += items;
  }
  std::optional<usage_per_item> per_item() const;
  std::uint64_t items() const { return items_; }

 private:
  process_usage used_;
  std::uint64_t items_ = 0;
};

}  // namespace regatta
