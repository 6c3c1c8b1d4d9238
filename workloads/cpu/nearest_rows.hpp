// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace regatta {

constexpr std::size_t embedding_dimension = 128;
constexpr std::size_t nearest_count = 10;

/// One row of an embedding matrix: a vector of length 1. So a dot product is a cosine.
using embedding = std::array<float, embedding_dimension>;

/// The numbers of the rows most like `query`, best first, of equals the lower number first.
/// REQUIRES: at least nearest_count rows.
std::array<std::uint32_t, nearest_count> nearest_rows(std::span<const embedding> rows,
                                                      const embedding& query);

}  // namespace regatta
