// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

namespace regatta {

/// Holm's step-down adjustment, in the order given: to reject where the adjusted value is at most
/// α keeps the probability of even one false rejection at α, however the tests depend on each
/// other. For sequential evidence p = 1/e, with the largest e-value seen. Values of [0, 1]; NaN
/// counts as 1. Source: Holm 1979, Scand. J. Statist. 6(2).
std::vector<double> holm(std::span<const double> p_values);

/// The e-BH procedure, as adjusted values in the order given: to reject where they are at most α
/// keeps the expected share of false ones among the rejections at α, however the tests depend on
/// each other. What it takes are e-values at the moment one stopped; the largest seen before is
/// none (its mean under the hypothesis is more than 1): that belongs into holm(). NaN counts as 0.
/// Source: Wang and Ramdas 2022, J. R. Statist. Soc. B 84(3).
std::vector<double> e_bh(std::span<const double> e_values);

}  // namespace regatta
