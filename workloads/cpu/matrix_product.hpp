// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

namespace regatta {

/// Rows of a matrix for matrix_product begin at multiples of so many floats.
constexpr std::size_t matrix_alignment = 8;
constexpr std::size_t padded_order(std::size_t order) {
  return (order + matrix_alignment - 1) / matrix_alignment * matrix_alignment;
}

/// product = left × right, all square, row by row, of `order` rows and columns. Blocked, so that it
/// is as fast in large matrices as in small ones. REQUIRES: `order` is a multiple of
/// matrix_alignment.
void matrix_product(std::span<const float> left, std::span<const float> right,
                    std::span<float> product, std::size_t order);

}  // namespace regatta
