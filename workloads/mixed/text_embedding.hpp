// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "harness/bytes.hpp"
#include "workloads/counter_random.hpp"

namespace regatta {

constexpr std::size_t trigram_features = 256;
constexpr std::size_t text_embedding_dimension = 128;

/// A vector of length 1, or of zeros for a text without letters.
using text_embedding = std::array<float, text_embedding_dimension>;

/// A row of weights for each feature.
using embedding_weights = std::array<float, text_embedding_dimension>;

/// trigram_features rows, drawn uniformly.
std::vector<embedding_weights> random_weights(counter_random random);

/// Hashed letter trigrams of `text`, through one layer of weights: what the first layer of a small
/// text encoder does, and most of what it costs. REQUIRES: trigram_features rows.
text_embedding embed_text(std::span<const embedding_weights> weights, std::string_view text);

}  // namespace regatta
