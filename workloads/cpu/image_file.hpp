// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>

#include "workloads/cpu/rgb_image.hpp"

namespace regatta {

/// Whether the name ends in .png or .ppm.
bool is_image_file(const std::filesystem::path& file);

/// Reads a PNG of any kind (transparent parts over black) or an 8-bit binary PPM, up to 2^25
/// pixels. Throws std::invalid_argument naming the file and what is wrong with it.
rgb_image read_image(const std::filesystem::path& file);

/// The same from bytes already read. Throws std::invalid_argument saying what is wrong.
rgb_image decode_png(std::string_view bytes);
rgb_image decode_ppm(std::string_view bytes);

}  // namespace regatta
