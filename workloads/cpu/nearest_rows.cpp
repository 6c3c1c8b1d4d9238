// SPDX-License-Identifier: Apache-2.0
#include "workloads/cpu/nearest_rows.hpp"

#include <cassert>

// A fused multiply-add rounds once where two operations round twice, and could swap near ties from
// one machine to another. GCC ignores this pragma: there -ffp-contract=off must be on the command
// line wherever the target has FMA (baseline x86-64 has none).
#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

namespace regatta {
namespace {

// Vectors spelled out, since g++ 12 at -O2 does not make any of a float reduction. Four
// accumulators of four lanes, because one would wait four cycles for each addition.
using lanes = float __attribute__((vector_size(16)));
constexpr std::size_t lane_count = sizeof(lanes) / sizeof(float);

lanes load(const float* from) {
  lanes loaded;
  __builtin_memcpy(&loaded, from, sizeof(loaded));
  return loaded;
}

float dot(const embedding& left, const embedding& right) {
  constexpr std::size_t step = 4 * lane_count;
  static_assert(embedding_dimension % step == 0);
  lanes sum0{};
  lanes sum1{};
  lanes sum2{};
  lanes sum3{};
  for (std::size_t i = 0; i < embedding_dimension; i += step) {
    sum0 += load(&left[i]) * load(&right[i]);
    sum1 += load(&left[i + lane_count]) * load(&right[i + lane_count]);
    sum2 += load(&left[i + 2 * lane_count]) * load(&right[i + 2 * lane_count]);
    sum3 += load(&left[i + 3 * lane_count]) * load(&right[i + 3 * lane_count]);
  }
  const lanes sum = (sum0 + sum1) + (sum2 + sum3);
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

}  // namespace

std::array<std::uint32_t, nearest_count> nearest_rows(std::span<const embedding> rows,
                                                      const embedding& query) {
  assert(rows.size() >= nearest_count);
  std::array<std::uint32_t, nearest_count> best{};
  std::array<float, nearest_count> scores;
  scores.fill(-2.0F);  // below any cosine
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const float score = dot(rows[row], query);
    if (score <= scores.back()) continue;  // an equal one came earlier and stays
    std::size_t place = nearest_count - 1;
    for (; place > 0 && scores[place - 1] < score; --place) {
      scores[place] = scores[place - 1];
      best[place] = best[place - 1];
    }
    scores[place] = score;
    best[place] = static_cast<std::uint32_t>(row);
  }
  return best;
}

}  // namespace regatta
