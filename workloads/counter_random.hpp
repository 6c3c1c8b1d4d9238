// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <cstdint>

#include "harness/digest.hpp"

namespace regatta {

/// Random numbers for datasets: the same on every machine and compiler, which the distributions of
/// <random> are not. Draw n of stream s is a function of (seed, s, n) alone, so that any item can
/// be made without making those before it. Thread safety: distinct objects.
class counter_random {
 public:
  explicit constexpr counter_random(std::uint64_t seed, std::uint64_t stream = 0)
      : next_(mix64(mix64(seed) ^ stream)) {}

  constexpr std::uint64_t operator()() { return mix64(next_++); }

  /// 0 … bound - 1. The bias is below bound / 2^32. REQUIRES: 0 < bound <= 2^32.
  constexpr std::uint64_t below(std::uint64_t bound) {
    assert(bound > 0 && bound <= std::uint64_t{1} << 32U);
    return ((*this)() >> 32U) * bound >> 32U;
  }

 private:
  std::uint64_t next_;
};

}  // namespace regatta
