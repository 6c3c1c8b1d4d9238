// SPDX-License-Identifier: Apache-2.0
#include "workloads/cpu/generated_image.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace regatta {
namespace {

using colour = std::array<std::int64_t, 3>;

colour random_colour(counter_random& random) {
  colour drawn;
  for (auto& channel : drawn) channel = static_cast<std::int64_t>(random.below(256));
  return drawn;
}

void put(rgb_image& image, std::int64_t x, std::int64_t y, const colour& value) {
  const auto at = static_cast<std::size_t>(y * image.width + x) * value.size();
  for (std::size_t channel = 0; channel < value.size(); ++channel) {
    image.pixels[at + channel] = static_cast<std::uint8_t>(value[channel]);
  }
}

void draw_gradient(rgb_image& image, counter_random& random) {
  const colour left = random_colour(random);
  const colour right = random_colour(random);
  const colour shade = random_colour(random);
  for (std::int64_t y = 0; y < image.height; ++y) {
    for (std::int64_t x = 0; x < image.width; ++x) {
      colour value;
      for (std::size_t i = 0; i < value.size(); ++i) {
        const std::int64_t across = left[i] + (right[i] - left[i]) * x / image.width;
        value[i] = across + (shade[i] - across) * y / (std::int64_t{2} * image.height);
      }
      put(image, x, y, value);
    }
  }
}

void draw_shape(rgb_image& image, counter_random& random) {
  const colour fill = random_colour(random);
  const bool disc = random.below(2) == 0;
  const auto centre_x = static_cast<std::int64_t>(random.below(image.width));
  const auto centre_y = static_cast<std::int64_t>(random.below(image.height));
  const auto radius = static_cast<std::int64_t>(4 + random.below(1 + image.height / 6));
  const auto last_x = std::min<std::int64_t>(centre_x + radius, image.width - 1);
  const auto last_y = std::min<std::int64_t>(centre_y + radius, image.height - 1);
  for (auto y = std::max<std::int64_t>(centre_y - radius, 0); y <= last_y; ++y) {
    for (auto x = std::max<std::int64_t>(centre_x - radius, 0); x <= last_x; ++x) {
      const std::int64_t dx = x - centre_x;
      const std::int64_t dy = y - centre_y;
      if (!disc || dx * dx + dy * dy <= radius * radius) put(image, x, y, fill);
    }
  }
}

void add_noise(rgb_image& image, counter_random& random) {
  for (std::size_t i = 0; i < image.pixels.size(); i += 8) {
    std::uint64_t bits = random();
    const std::size_t end = std::min(i + 8, image.pixels.size());
    for (std::size_t j = i; j < end; ++j, bits >>= 8U) {
      const int noisy = image.pixels[j] + static_cast<int>(bits % 16) - 8;
      image.pixels[j] = static_cast<std::uint8_t>(std::clamp(noisy, 0, 255));
    }
  }
}

}  // namespace

rgb_image generated_image(counter_random& random, std::uint32_t width, std::uint32_t height) {
  rgb_image image{width, height, std::vector<std::uint8_t>(std::size_t{width} * height * 3)};
  draw_gradient(image, random);
  for (int shapes = 0; shapes < 12; ++shapes) draw_shape(image, random);
  add_noise(image, random);
  return image;
}

}  // namespace regatta
