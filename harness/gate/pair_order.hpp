// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>

namespace regatta {

/// Which side of a pair goes first. Two pairs in a row are AB BA or BA AB, decided by a coin: what
/// the first place costs or gains falls on both sides alike, and no rhythm of the machine can keep
/// in step with it.
class pair_order {
 public:
  explicit pair_order(std::uint64_t seed) : random_(seed) {}

  bool candidate_first() {
    candidate_first_ = second_of_two_ ? !candidate_first_ : (random_() >> 63U) != 0;
    second_of_two_ = !second_of_two_;
    return candidate_first_;
  }

 private:
  std::mt19937_64 random_;
  bool second_of_two_ = false;
  bool candidate_first_ = false;
};

}  // namespace regatta
