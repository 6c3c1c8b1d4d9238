// SPDX-License-Identifier: Apache-2.0
#include "workloads/cpu/image_filters.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace regatta {
namespace {

constexpr std::size_t channels = 3;

// Where an output pixel samples one axis of the source: between two pixels, at fraction / 2^11 of
// the way.
struct sample_point {
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  std::uint32_t fraction = 0;
};

constexpr unsigned fraction_bits = 11;
constexpr std::uint32_t whole = 1U << fraction_bits;

std::vector<sample_point> sample_points(std::uint32_t source, std::uint32_t target) {
  std::vector<sample_point> points(target);
  for (std::uint32_t i = 0; i < target; ++i) {
    // The centre (i + 1/2) · source / target - 1/2, in units of 2^-11.
    const std::int64_t centre =
        (std::int64_t{2} * i + 1) * source * whole / (std::int64_t{2} * target) - whole / 2;
    const auto last = static_cast<std::int64_t>(source - 1) * whole;
    const auto at = static_cast<std::uint64_t>(std::clamp(centre, std::int64_t{0}, last));
    const auto first = static_cast<std::uint32_t>(at >> fraction_bits);
    points[i] = {first, std::min(first + 1, source - 1), static_cast<std::uint32_t>(at % whole)};
  }
  return points;
}

// exp(-x² / (2 · 1.5²)) for x = -3 … 3, scaled to a sum of 2^16.
constexpr std::array<std::uint32_t, 7> gaussian = {2401, 7293, 14205, 17738, 14205, 7293, 2401};
constexpr std::ptrdiff_t radius = 3;

}  // namespace

rgb_image resize_bilinear(rgb_view source, std::uint32_t width, std::uint32_t height) {
  rgb_image result{width, height,
                   std::vector<std::uint8_t>(std::size_t{width} * height * channels)};
  const std::vector<sample_point> columns = sample_points(source.width, width);
  const std::vector<sample_point> rows = sample_points(source.height, height);
  std::uint8_t* out = result.pixels.data();
  for (const sample_point& row : rows) {
    const std::uint8_t* upper = &source.pixels[std::size_t{row.first} * source.width * channels];
    const std::uint8_t* lower = &source.pixels[std::size_t{row.second} * source.width * channels];
    for (const sample_point& column : columns) {
      for (std::size_t channel = 0; channel < channels; ++channel) {
        const std::size_t left = column.first * channels + channel;
        const std::size_t right = column.second * channels + channel;
        const std::uint32_t above =
            upper[left] * (whole - column.fraction) + upper[right] * column.fraction;
        const std::uint32_t below =
            lower[left] * (whole - column.fraction) + lower[right] * column.fraction;
        const std::uint32_t value = above * (whole - row.fraction) + below * row.fraction;
        *out++ = static_cast<std::uint8_t>((value + whole * whole / 2) >> (2 * fraction_bits));
      }
    }
  }
  return result;
}

void flip_horizontal(rgb_image& image) {
  const std::size_t stride = std::size_t{image.width} * channels;
  for (std::size_t y = 0; y < image.height; ++y) {
    std::uint8_t* left = &image.pixels[y * stride];
    std::uint8_t* right = left + stride - channels;
    for (; left < right; left += channels, right -= channels) {
      std::swap_ranges(left, left + channels, right);
    }
  }
}

rgb_image blur_gaussian(rgb_view source) {
  const std::size_t stride = std::size_t{source.width} * channels;
  const auto last_row = static_cast<std::ptrdiff_t>(source.height) - 1;
  rgb_image result{source.width, source.height, std::vector<std::uint8_t>(stride * source.height)};
  // One row blurred down the columns, with its edge pixels repeated: then it is blurred along
  // itself.
  const std::size_t margin = radius * channels;
  std::vector<std::uint16_t> column_sums(stride + 2 * margin);  // in 1/256 of a level
  for (std::ptrdiff_t y = 0; y <= last_row; ++y) {
    const std::uint8_t* taps[gaussian.size()];
    for (std::ptrdiff_t tap = -radius; tap <= radius; ++tap) {
      const auto row = static_cast<std::size_t>(std::clamp(y + tap, std::ptrdiff_t{0}, last_row));
      taps[tap + radius] = &source.pixels[row * stride];
    }
    for (std::size_t x = 0; x < stride; ++x) {
      std::uint32_t sum = 1U << 7U;
      for (std::size_t tap = 0; tap < gaussian.size(); ++tap) sum += gaussian[tap] * taps[tap][x];
      column_sums[margin + x] = static_cast<std::uint16_t>(sum >> 8U);
    }
    for (std::size_t x = 0; x < margin; ++x) {
      column_sums[margin - 1 - x] = column_sums[margin + channels - 1 - x % channels];
      column_sums[margin + stride + x] = column_sums[margin + stride - channels + x % channels];
    }
    std::uint8_t* out = &result.pixels[static_cast<std::size_t>(y) * stride];
    for (std::size_t x = 0; x < stride; ++x) {
      // At most 65,280 · 2^16 + 2^23, which fits.
      std::uint32_t sum = 1U << 23U;
      for (std::size_t tap = 0; tap < gaussian.size(); ++tap) {
        sum += gaussian[tap] * column_sums[x + tap * channels];
      }
      out[x] = static_cast<std::uint8_t>(sum >> 24U);
    }
  }
  return result;
}

}  // namespace regatta
