// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace regatta {

struct scalability_point {
  double concurrency = 1;  ///< N: threads, processes or items in flight
  double throughput = 0;   ///< items per second
};

/// The Universal Scalability Law, λN / (1 + σ(N-1) + κN(N-1)), fitted to measured throughputs.
struct scalability_fit {
  double lambda = 0;              ///< items per second of one alone
  double sigma = 0;               ///< contention: the share that is serial; Amdahl's law if κ = 0
  double kappa = 0;               ///< coherency: what each pays to agree with each other
  std::vector<double> residuals;  ///< measured less fitted, items per second
  double r_squared = 0;  ///< share of the variation explained; below 0: worse than the mean

  double throughput(double concurrency) const;
  /// Where throughput is largest, at least 1; nullopt if it never falls (κ = 0 and σ ≤ 1).
  std::optional<double> peak() const;
};

/// Least squares on throughput with λ > 0, σ ≥ 0 and κ ≥ 0. nullopt with fewer than four different
/// concurrencies (three would fit anything) or a value that is not positive and finite.
/// It describes the range that was measured; beyond it, it is an extrapolation.
/// Source: Gunther, Guerrilla Capacity Planning (2007), chapters 4 and 5.
std::optional<scalability_fit> fit_scalability(std::span<const scalability_point> points);

}  // namespace regatta
