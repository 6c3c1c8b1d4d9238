// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

#include "harness/workload.hpp"
#include "workloads/counter_random.hpp"
#include "workloads/cpu/generated_image.hpp"
#include "workloads/cpu/image_file.hpp"
#include "workloads/cpu/image_filters.hpp"
#include "workloads/cpu/input_files.hpp"
#include "workloads/dataset_parts.hpp"

namespace regatta {
namespace {

constexpr std::uint32_t output_side = 256;

// What an item's input begins with; the pixels follow.
struct augmentation {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t flip = 0;
};

buffer augment(bytes_view, bytes_view input) {
  const auto header = read_as<augmentation>(input);
  const auto pixels = view_as<std::uint8_t>(input.subspan(sizeof(header)));
  rgb_image image =
      resize_bilinear({header.width, header.height, pixels}, output_side, output_side);
  if (header.flip != 0) flip_horizontal(image);
  const rgb_image blurred = blur_gaussian(view_of(image));
  return to_buffer(std::as_bytes(std::span(blurred.pixels)));
}

std::vector<rgb_image> read_images(const std::filesystem::path& directory) {
  constexpr std::size_t limit = std::size_t{512} << 20U;
  std::vector<rgb_image> images;
  std::size_t total = 0;
  for (const auto& file : input_files(directory)) {
    if (!is_image_file(file)) continue;
    images.push_back(read_image(file));
    total += images.back().pixels.size();
    if (total > limit) {
      throw std::invalid_argument("the images in '" + directory.string() +
                                  "' hold more than 512 MiB of pixels; name a smaller directory");
    }
  }
  if (images.empty()) {
    throw std::invalid_argument("the input directory '" + directory.string() +
                                "' holds no .png or .ppm file");
  }
  return images;
}

std::vector<rgb_image> generate_images(const workload_options& options) {
  const std::size_t count = options.scale == dataset_scale::quick      ? 16
                            : options.scale == dataset_scale::standard ? 64
                                                                       : 256;
  std::vector<rgb_image> images;
  for (std::size_t i = 0; i < count; ++i) {
    counter_random random(options.seed, i);
    images.push_back(generated_image(random, 384, 288));
  }
  return images;
}

class image_augment {
 public:
  static workload_info describe() {
    workload_info info;
    info.name = "image-augment";
    info.kind = work_kind::cpu_bound;
    info.summary = "resize to 256 x 256, random flip and Gaussian blur of RGB images";
    info.takes_input = true;
    return info;
  }

  static buffer build(const workload_options& options) {
    const std::vector<rgb_image> images =
        options.input ? read_images(*options.input) : generate_images(options);
    std::vector<std::size_t> sizes;
    for (const rgb_image& image : images)
      sizes.push_back(sizeof(augmentation) + image.pixels.size());

    buffer dataset = allocate_parts(sizes);
    counter_random random(options.seed);
    for (std::size_t i = 0; i < images.size(); ++i) {
      const augmentation header = {images[i].width, images[i].height,
                                   static_cast<std::uint32_t>(random.below(2))};
      const std::span<std::byte> part = writable_part<std::byte>(dataset, i);
      std::memcpy(part.data(), &header, sizeof(header));
      std::memcpy(part.data() + sizeof(header), images[i].pixels.data(), images[i].pixels.size());
    }
    return dataset;
  }

  explicit image_augment(bytes_view dataset) : images_(dataset) {}
  std::uint64_t distinct_items() const { return images_.size(); }
  bytes_view input(std::uint64_t index) const { return images_[index % distinct_items()]; }

  template <class Context>
  typename Context::template task<buffer> run(Context& ctx, item it) const {
    co_return co_await ctx.compute(native(augment), it.input);
  }

 private:
  dataset_parts images_;
};

const workload_registration<image_augment> registered;

}  // namespace
}  // namespace regatta
