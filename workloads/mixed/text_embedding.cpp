// SPDX-License-Identifier: Apache-2.0
#include "workloads/mixed/text_embedding.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace regatta {
namespace {

// A multiplicative hash of three letters, its best eight bits.
std::size_t feature_of(std::string_view trigram) {
  std::uint32_t letters = 0;
  for (const char letter : trigram) {
    letters = letters << 8U | static_cast<unsigned char>(letter);
  }
  return letters * 0x9e3779b1U >> 24U;
}
static_assert(trigram_features == 256, "as many as eight bits tell apart");

}  // namespace

std::vector<embedding_weights> random_weights(counter_random random) {
  std::vector<embedding_weights> rows(trigram_features);
  for (embedding_weights& row : rows) {
    for (float& weight : row) {
      // 24 bits are exact in a float.
      weight = static_cast<float>(random() >> 40U) * 0x1p-23F - 1;
    }
  }
  return rows;
}

text_embedding embed_text(std::span<const embedding_weights> weights, std::string_view text) {
  std::array<float, trigram_features> counts{};
  for (std::size_t i = 0; i + 3 <= text.size(); ++i) ++counts[feature_of(text.substr(i, 3))];

  text_embedding sum{};
  for (std::size_t feature = 0; feature < trigram_features; ++feature) {
    const embedding_weights& row = weights[feature];
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += counts[feature] * row[i];
  }
  float squares = 0;
  for (const float each : sum) squares += each * each;
  if (squares > 0) {
    const float scale = 1 / std::sqrt(squares);
    for (float& each : sum) each *= scale;
  }
  return sum;
}

}  // namespace regatta
