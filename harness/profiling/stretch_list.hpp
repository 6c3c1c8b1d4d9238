// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "harness/profiling/profile_result.hpp"

namespace regatta::profiling {

/// The blocked stretches of a profile. There may be thousands: past `most`, the shorter of two of
/// the same loop and cause is counted with the longer one and not kept. Pure.
class stretch_list {
 public:
  explicit stretch_list(std::size_t most = 1000) : most_(most) {}

  void add(blocked_stretch stretch);
  /// Of this loop, longest first.
  std::vector<blocked_stretch> of(const std::string& loop) const;
  const std::vector<blocked_stretch>& all() const { return stretches_; }

 private:
  std::size_t most_;
  std::vector<blocked_stretch> stretches_;
};

}  // namespace regatta::profiling
