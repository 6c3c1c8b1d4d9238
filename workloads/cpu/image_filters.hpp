// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/cpu/rgb_image.hpp"

namespace regatta {

// All in integers, so that the pixels are the same whatever the compiler and its options.

/// Bilinear, pixel centres on pixel centres; a shrunk image is sampled, not averaged.
/// REQUIRES: all four sides are in 1 … 2^25.
rgb_image resize_bilinear(rgb_view source, std::uint32_t width, std::uint32_t height);

/// Left becomes right, in place.
void flip_horizontal(rgb_image& image);

/// A Gaussian of σ = 1.5 over 7 × 7 pixels, the edge pixels repeated beyond the edge; within one
/// level of the exact one.
rgb_image blur_gaussian(rgb_view source);

}  // namespace regatta
