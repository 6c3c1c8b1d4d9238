// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace regatta {

/// Eight bits each of red, green and blue, rows from the top, without padding.
struct rgb_image {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::vector<std::uint8_t> pixels;  ///< width × height × 3
};

/// The same, borrowed.
struct rgb_view {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::span<const std::uint8_t> pixels;
};

inline rgb_view view_of(const rgb_image& image) {
  return {image.width, image.height, image.pixels};
}

}  // namespace regatta
