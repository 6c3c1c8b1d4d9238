// SPDX-License-Identifier: Apache-2.0
#include "workloads/cpu/matrix_product.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace regatta {
namespace {

// Spelled out, as in nearest_rows.cpp: baseline x86-64 has four lanes.
using lanes = float __attribute__((vector_size(16)));
constexpr std::size_t lane_count = sizeof(lanes) / sizeof(float);

constexpr std::size_t tile_rows = 4;
constexpr std::size_t tile_columns = 2 * lane_count;  // 8 sums, 2 operands: 10 of 16 registers
static_assert(matrix_alignment % tile_rows == 0 && matrix_alignment % tile_columns == 0);
// So many rows of a tile's columns of the right factor are copied side by side before they are used
// for every row: 8 KiB, which stay in the first-level cache whatever the order of the matrices.
constexpr std::size_t block_depth = 256;
using panel = std::array<float, block_depth * tile_columns>;

lanes load(const float* from) {
  lanes loaded;
  __builtin_memcpy(&loaded, from, sizeof(loaded));
  return loaded;
}

void store(float* to, lanes value) { __builtin_memcpy(to, &value, sizeof(value)); }

// Adds to a tile of the product what `depth` columns of the left factor contribute.
void add_tile(const float* left, const panel& right, float* product, std::size_t order,
              std::size_t depth) {
  lanes sums[tile_rows][2];
#pragma GCC unroll 4
  for (std::size_t row = 0; row < tile_rows; ++row) {
    sums[row][0] = load(product + row * order);
    sums[row][1] = load(product + row * order + lane_count);
  }
  for (std::size_t k = 0; k < depth; ++k) {
    const lanes right0 = load(&right[k * tile_columns]);
    const lanes right1 = load(&right[k * tile_columns + lane_count]);
#pragma GCC unroll 4
    for (std::size_t row = 0; row < tile_rows; ++row) {
      const float factor = left[row * order + k];
      const lanes factors = {factor, factor, factor, factor};
      sums[row][0] += factors * right0;
      sums[row][1] += factors * right1;
    }
  }
#pragma GCC unroll 4
  for (std::size_t row = 0; row < tile_rows; ++row) {
    store(product + row * order, sums[row][0]);
    store(product + row * order + lane_count, sums[row][1]);
  }
}

}  // namespace

void matrix_product(std::span<const float> left, std::span<const float> right,
                    std::span<float> product, std::size_t order) {
  assert(order % matrix_alignment == 0);
  assert(left.size() == order * order && right.size() == left.size() &&
         product.size() == left.size());
  std::fill(product.begin(), product.end(), 0.0F);
  panel columns;
  for (std::size_t k = 0; k < order; k += block_depth) {
    const std::size_t depth = std::min(block_depth, order - k);
    for (std::size_t column = 0; column < order; column += tile_columns) {
      for (std::size_t i = 0; i < depth; ++i) {
        std::copy_n(&right[(k + i) * order + column], tile_columns, &columns[i * tile_columns]);
      }
      for (std::size_t row = 0; row < order; row += tile_rows) {
        add_tile(&left[row * order + k], columns, &product[row * order + column], order, depth);
      }
    }
  }
}

}  // namespace regatta
