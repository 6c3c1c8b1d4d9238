// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "workloads/counter_random.hpp"
#include "workloads/cpu/rgb_image.hpp"

namespace regatta {

/// A colour gradient with a dozen discs and boxes on it and a little noise over all.
rgb_image generated_image(counter_random& random, std::uint32_t width, std::uint32_t height);

}  // namespace regatta
