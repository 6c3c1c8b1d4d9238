// SPDX-License-Identifier: Apache-2.0
#include "workloads/cpu/image_file.hpp"

#include <png.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string>

#include "workloads/cpu/input_files.hpp"

namespace regatta {
namespace {

constexpr std::uint64_t pixel_limit = std::uint64_t{1} << 25U;  // 96 MiB of RGB

// Before anything is allocated: the size in a file's header is whatever its author wrote.
void check_size(std::uint64_t width, std::uint64_t height) {
  if (width == 0 || height == 0) throw std::invalid_argument("the image has no pixels");
  if (width > pixel_limit || height > pixel_limit || width * height > pixel_limit) {
    throw std::invalid_argument("the image has " + std::to_string(width) + " × " +
                                std::to_string(height) + " pixels; at most 33,554,432 are read");
  }
}

rgb_image sized_image(std::uint32_t width, std::uint32_t height) {
  return {width, height, std::vector<std::uint8_t>(std::size_t{width} * height * 3)};
}

// libpng's simplified API, freed on every way out.
struct png_reader {
  png_image image{};
  png_reader() { image.version = PNG_IMAGE_VERSION; }
  png_reader(const png_reader&) = delete;
  png_reader& operator=(const png_reader&) = delete;
  ~png_reader() { png_image_free(&image); }
};

[[noreturn]] void throw_bad_png(const png_image& image) {
  throw std::invalid_argument(std::string("not a whole PNG: ") + image.message);
}

// A decimal number of a PPM header, after white space and '#' comments.
std::uint32_t take_number(std::string_view& rest) {
  for (;;) {
    const std::size_t start = rest.find_first_not_of(" \t\r\n\v\f");
    rest.remove_prefix(std::min(start, rest.size()));
    if (rest.empty() || rest[0] != '#') break;
    rest.remove_prefix(std::min(rest.find('\n'), rest.size()));
  }
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (error != std::errc()) throw std::invalid_argument("not a PPM: the header lacks a number");
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return number;
}

}  // namespace

bool is_image_file(const std::filesystem::path& file) {
  return file.extension() == ".png" || file.extension() == ".ppm";
}

rgb_image read_image(const std::filesystem::path& file) {
  const std::string bytes = read_input_file(file);
  try {
    return file.extension() == ".png" ? decode_png(bytes) : decode_ppm(bytes);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument("'" + file.string() + "': " + error.what());
  }
}

rgb_image decode_png(std::string_view bytes) {
  png_reader reader;
  if (!png_image_begin_read_from_memory(&reader.image, bytes.data(), bytes.size())) {
    throw_bad_png(reader.image);
  }
  check_size(reader.image.width, reader.image.height);
  reader.image.format = PNG_FORMAT_RGB;
  rgb_image decoded = sized_image(reader.image.width, reader.image.height);
  const png_color black = {0, 0, 0};
  if (!png_image_finish_read(&reader.image, &black, decoded.pixels.data(), 0, nullptr)) {
    throw_bad_png(reader.image);
  }
  return decoded;
}

rgb_image decode_ppm(std::string_view bytes) {
  if (bytes.substr(0, 2) != "P6") throw std::invalid_argument("not a binary PPM: it lacks 'P6'");
  std::string_view rest = bytes.substr(2);
  const std::uint32_t width = take_number(rest);
  const std::uint32_t height = take_number(rest);
  const std::uint32_t brightest = take_number(rest);
  check_size(width, height);
  if (brightest != 255) {
    throw std::invalid_argument("its brightest value is " + std::to_string(brightest) +
                                "; only 255 is read");
  }
  const std::size_t size = std::size_t{width} * height * 3;
  if (rest.size() < size + 1) {  // one byte of white space, then the pixels
    throw std::invalid_argument("it ends after " + std::to_string(rest.size()) + " of " +
                                std::to_string(size + 1) + " bytes of pixels");
  }
  rgb_image decoded = sized_image(width, height);
  std::copy_n(rest.begin() + 1, size, decoded.pixels.begin());
  return decoded;
}

}  // namespace regatta
