// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <png.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/digest.hpp"
#include "tests/workloads/opened_workload.hpp"
#include "tests/workloads/temporary_directory.hpp"
#include "workloads/cpu/generated_image.hpp"
#include "workloads/cpu/image_file.hpp"
#include "workloads/cpu/image_filters.hpp"

namespace regatta::test {
namespace {

int pixel(const rgb_image& image, long x, long y, int channel) {
  x = std::clamp(x, 0L, static_cast<long>(image.width) - 1);
  y = std::clamp(y, 0L, static_cast<long>(image.height) - 1);
  return image.pixels[static_cast<std::size_t>((y * image.width + x) * 3 + channel)];
}

// The two-dimensional convolution, in double precision.
double exact_blur(const rgb_image& image, long x, long y, int channel) {
  double sum = 0;
  double weights = 0;
  for (long dy = -3; dy <= 3; ++dy) {
    for (long dx = -3; dx <= 3; ++dx) {
      const double weight = std::exp(-static_cast<double>(dx * dx + dy * dy) / (2 * 1.5 * 1.5));
      sum += weight * pixel(image, x + dx, y + dy, channel);
      weights += weight;
    }
  }
  return sum / weights;
}

double exact_resize(const rgb_image& image, double width, double height, long x, long y, int c) {
  const double sx = std::clamp((x + 0.5) * image.width / width - 0.5, 0.0, image.width - 1.0);
  const double sy = std::clamp((y + 0.5) * image.height / height - 0.5, 0.0, image.height - 1.0);
  const long left = static_cast<long>(sx);
  const long top = static_cast<long>(sy);
  const auto row = [&](long at) {
    return pixel(image, left, at, c) * (1 - (sx - left)) +
           pixel(image, left + 1, at, c) * (sx - left);
  };
  return row(top) * (1 - (sy - top)) + row(top + 1) * (sy - top);
}

template <class Exact>
double largest_difference(const rgb_image& image, Exact exact) {
  double largest = 0;
  for (long y = 0; y < image.height; ++y) {
    for (long x = 0; x < image.width; ++x) {
      for (int c = 0; c < 3; ++c) {
        largest = std::max<double>(largest, std::abs(pixel(image, x, y, c) - exact(x, y, c)));
      }
    }
  }
  return largest;
}

rgb_image noise(std::uint32_t width, std::uint32_t height) {
  counter_random random(5);
  rgb_image image{width, height, std::vector<std::uint8_t>(std::size_t{width} * height * 3)};
  for (auto& value : image.pixels) value = static_cast<std::uint8_t>(random.below(256));
  return image;
}

std::string png_of(const rgb_image& image) {
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.width = image.width;
  header.height = image.height;
  header.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = 0;
  png_image_write_to_memory(&header, nullptr, &size, 0, image.pixels.data(), 0, nullptr);
  std::string bytes(size, '\0');
  png_image_write_to_memory(&header, bytes.data(), &size, 0, image.pixels.data(), 0, nullptr);
  bytes.resize(size);
  return bytes;
}

std::string ppm_of(const rgb_image& image) {
  return "P6\n# by a test\n" + std::to_string(image.width) + ' ' + std::to_string(image.height) +
         "\n255\n" + std::string(image.pixels.begin(), image.pixels.end());
}

std::string complaint(const std::filesystem::path& file) {
  try {
    read_image(file);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Blur, IsWithinOneLevelOfTheExactGaussian) {
  for (const auto& image : {noise(31, 17), noise(1, 1), noise(2, 9)}) {
    const rgb_image blurred = blur_gaussian(view_of(image));
    EXPECT_LE(largest_difference(blurred,
                                 [&](long x, long y, int c) { return exact_blur(image, x, y, c); }),
              1.0);
  }
}

TEST(Blur, KeepsWhiteWhite) {
  const rgb_image white{9, 9, std::vector<std::uint8_t>(9 * 9 * 3, 255)};
  EXPECT_EQ(blur_gaussian(view_of(white)).pixels, white.pixels);
}

TEST(Resize, IsWithinOneLevelOfExactInterpolation) {
  const rgb_image image = noise(37, 23);
  for (const auto& [width, height] : {std::pair{64U, 64U}, {20U, 10U}, {1U, 1U}, {37U, 23U}}) {
    const rgb_image resized = resize_bilinear(view_of(image), width, height);
    EXPECT_LE(largest_difference(resized,
                                 [&, w = width, h = height](long x, long y, int c) {
                                   return exact_resize(image, w, h, x, y, c);
                                 }),
              1.0);
  }
}

TEST(Resize, ToTheSameSizeChangesNothing) {
  const rgb_image image = noise(12, 7);
  EXPECT_EQ(resize_bilinear(view_of(image), 12, 7).pixels, image.pixels);
}

TEST(Flip, TwiceChangesNothingAndOnceMirrors) {
  const rgb_image image = noise(5, 4);
  rgb_image flipped = image;
  flip_horizontal(flipped);
  EXPECT_EQ(
      largest_difference(flipped, [&](long x, long y, int c) { return pixel(image, 4 - x, y, c); }),
      0.0);
  flip_horizontal(flipped);
  EXPECT_EQ(flipped.pixels, image.pixels);
}

TEST(ImageFile, ReadsPngAndPpm) {
  const temporary_directory directory;
  const rgb_image image = noise(13, 6);
  EXPECT_EQ(read_image(directory.write("a.png", png_of(image))).pixels, image.pixels);
  EXPECT_EQ(read_image(directory.write("a.ppm", ppm_of(image))).pixels, image.pixels);
}

TEST(ImageFile, NamesTheFileAndWhatIsWrongWithIt) {
  const temporary_directory directory;
  const std::string png = png_of(noise(64, 64));
  std::string huge_png = png;
  huge_png.replace(16, 8, std::string("\x00\x0f\x42\x40\x00\x0f\x42\x40", 8));  // 1,000,000 squared
  const struct {
    std::string name, content, complaint;
  } cases[] = {
      {"short.png", png.substr(0, png.size() / 2), "not a whole PNG"},
      {"text.png", "not an image at all", "not a whole PNG"},
      {"crc.png", huge_png, "not a whole PNG"},
      {"short.ppm", "P6 4 4 255\nabc", "it ends after 4 of 49 bytes"},
      {"huge.ppm", "P6 4000000000 4000000000 255\n", "4000000000 × 4000000000 pixels"},
      {"overflow.ppm", "P6 99999999999999999999 1 255\n", "lacks a number"},
      {"negative.ppm", "P6 -4 4 255\n", "lacks a number"},
      {"flat.ppm", "P6 0 4 255\n", "no pixels"},
      {"deep.ppm", "P6 1 1 65535\n123456", "only 255"},
      {"comment.ppm", "P6 # never ends", "lacks a number"},
      {"ascii.ppm", "P3 1 1 255 1 2 3", "lacks 'P6'"},
  };
  for (const auto& bad : cases) {
    const auto file = directory.write(bad.name, bad.content);
    const std::string message = complaint(file);
    EXPECT_NE(message.find(file.string()), std::string::npos) << message;
    EXPECT_NE(message.find(bad.complaint), std::string::npos) << message;
  }
}

TEST(ImageAugment, ResizesFlipsAndBlurs) {
  opened_workload workload("image-augment", quick_options());
  int flipped = 0;
  for (std::uint64_t i = 0; i < workload.instance().distinct_items(); ++i) {
    const bytes_view input = workload.input(i);
    const auto header = read_as<std::array<std::uint32_t, 3>>(input);
    rgb_image image = resize_bilinear(
        {header[0], header[1], view_as<std::uint8_t>(input.subspan(sizeof(header)))}, 256, 256);
    if (header[2] != 0) {
      flip_horizontal(image);
      ++flipped;
    }
    const rgb_image expected = blur_gaussian(view_of(image));
    EXPECT_EQ(workload.answer(i), to_buffer(std::as_bytes(std::span(expected.pixels))));
  }
  EXPECT_GT(flipped, 0);
  EXPECT_LT(flipped, 16);
}

TEST(ImageAugment, GivesTheSamePixelsWhateverTheCompiler) {
  opened_workload workload("image-augment", quick_options());
  digest all = 0;
  for (std::uint64_t i = 0; i < 16; ++i) all = mix64(all ^ digest_of(workload.answer(i)));
  EXPECT_EQ(all, 15851719286391064420U);
}

TEST(ImageAugment, IsAFunctionOfTheSeed) {
  const auto build = workloads().at("image-augment").build;
  EXPECT_EQ(build(quick_options(1)), build(quick_options(1)));
  EXPECT_NE(build(quick_options(1)), build(quick_options(2)));
}

TEST(ImageAugment, ReadsTheUsersImagesAndIgnoresOtherFiles) {
  const temporary_directory directory;
  directory.write("one.png", png_of(noise(40, 30)));
  directory.write("sub/two.ppm", ppm_of(noise(3, 3)));
  directory.write("notes.txt", "not an image");
  workload_options options = quick_options();
  options.input = directory.path();
  opened_workload workload("image-augment", options);
  EXPECT_EQ(workload.instance().distinct_items(), 2u);
  EXPECT_EQ(workload.answer(1).size(), 256u * 256u * 3u);
}

TEST(ImageAugment, SaysThatADirectoryHoldsNoImage) {
  const temporary_directory directory;
  directory.write("notes.txt", "not an image");
  workload_options options = quick_options();
  options.input = directory.path();
  EXPECT_THROW(workloads().at("image-augment").build(options), std::invalid_argument);
}

}  // namespace
}  // namespace regatta::test
