// SPDX-License-Identifier: Apache-2.0
#include "harness/statistics/scalability.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>

namespace regatta {
namespace {

// N/X = a + b(N-1) + cN(N-1) is linear in a = 1/λ, b = σ/λ, c = κ/λ.
using coefficients = std::array<double, 3>;

coefficients terms(double n) { return {1, n - 1, n * (n - 1)}; }

double predict(const coefficients& fit, double n) {
  const coefficients term = terms(n);
  return n / std::inner_product(fit.begin(), fit.end(), term.begin(), 0.0);
}

double squared_error(std::span<const scalability_point> points, const coefficients& fit) {
  double sum = 0;
  for (const auto& point : points) {
    const double off = point.throughput - predict(fit, point.concurrency);
    sum += off * off;
  }
  return sum;
}

using equations = std::array<std::array<double, 4>, 3>;

/// The solution with only the `used` coefficients; the others are 0. By elimination with pivoting.
std::optional<coefficients> solve(equations rows, const std::array<bool, 3>& used) {
  for (std::size_t i = 0; i < 3; ++i) {
    if (used[i]) continue;
    rows[i] = {};
    for (auto& row : rows) row[i] = 0;
    rows[i][i] = 1;
  }
  // N(N-1) may be 10^8 times the 1 beside it: every unknown in its own unit.
  coefficients unit{};
  for (std::size_t i = 0; i < 3; ++i) unit[i] = 1 / std::sqrt(rows[i][i]);
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) rows[i][j] *= unit[i] * unit[j];
    rows[i][3] *= unit[i];
  }
  for (std::size_t i = 0; i < 3; ++i) {
    const auto pivot = std::max_element(
        rows.begin() + static_cast<std::ptrdiff_t>(i), rows.end(),
        [&](const auto& one, const auto& other) { return std::abs(one[i]) < std::abs(other[i]); });
    std::swap(rows[i], *pivot);
    if (rows[i][i] == 0) return std::nullopt;
    for (std::size_t j = 0; j < 3; ++j) {
      if (j == i) continue;
      const double factor = rows[j][i] / rows[i][i];
      for (std::size_t k = i; k < 4; ++k) rows[j][k] -= factor * rows[i][k];
    }
  }
  coefficients solution{};
  for (std::size_t i = 0; i < 3; ++i) solution[i] = unit[i] * rows[i][3] / rows[i][i];
  return solution;
}

/// Weighted linear least squares with a > 0, b ≥ 0, c ≥ 0: with so few coefficients, by trying
/// which of them are 0.
coefficients fit_weighted(std::span<const scalability_point> points,
                          std::span<const double> weights) {
  equations normal{};
  for (std::size_t p = 0; p < points.size(); ++p) {
    const coefficients term = terms(points[p].concurrency);
    const double value = points[p].concurrency / points[p].throughput;
    for (std::size_t i = 0; i < 3; ++i) {
      for (std::size_t j = 0; j < 3; ++j) normal[i][j] += weights[p] * term[i] * term[j];
      normal[i][3] += weights[p] * term[i] * value;
    }
  }
  coefficients best{};
  double least = std::numeric_limits<double>::infinity();
  for (const auto& used : {std::array{true, true, true}, std::array{true, true, false},
                           std::array{true, false, true}, std::array{true, false, false}}) {
    const auto fit = solve(normal, used);
    if (!fit || !((*fit)[0] > 0) || (*fit)[1] < 0 || (*fit)[2] < 0) continue;
    double error = 0;
    for (std::size_t p = 0; p < points.size(); ++p) {
      const coefficients term = terms(points[p].concurrency);
      const double off = points[p].concurrency / points[p].throughput -
                         std::inner_product(fit->begin(), fit->end(), term.begin(), 0.0);
      error += weights[p] * off * off;
    }
    if (error < least) std::tie(best, least) = std::tuple(*fit, error);
  }
  return best;
}

}  // namespace

double scalability_fit::throughput(double concurrency) const {
  return lambda * concurrency /
         (1 + sigma * (concurrency - 1) + kappa * concurrency * (concurrency - 1));
}

std::optional<double> scalability_fit::peak() const {
  if (sigma > 1) return 1;
  if (kappa == 0) return std::nullopt;
  return std::max(1.0, std::sqrt((1 - sigma) / kappa));
}

std::optional<scalability_fit> fit_scalability(std::span<const scalability_point> points) {
  const auto positive = [](double value) { return std::isfinite(value) && value > 0; };
  std::set<double> concurrencies;
  for (const auto& point : points) {
    if (!positive(point.concurrency) || !positive(point.throughput)) return std::nullopt;
    concurrencies.insert(point.concurrency);
  }
  if (concurrencies.size() < 4) return std::nullopt;

  // The linear residual N/X - N/Y at a fitted Y, times X Y^3 / N^2, is (Y - X) Y^2 / N: the
  // gradient of (X - Y)^2. So the fixed point of fitting with these weights is the least-squares
  // fit to throughput itself; it starts from relative errors (weight X^2 / N^2).
  std::vector<double> fitted;
  for (const auto& point : points) fitted.push_back(point.throughput);
  std::vector<double> weights(points.size());
  coefficients best{};
  double least = std::numeric_limits<double>::infinity();
  for (int round = 0; round < 200; ++round) {
    for (std::size_t p = 0; p < points.size(); ++p) {
      const auto& [n, x] = points[p];
      weights[p] = round == 0 ? x * x / (n * n) : x * std::pow(fitted[p], 3) / (n * n);
    }
    const coefficients fit = fit_weighted(points, weights);
    const double error = squared_error(points, fit);
    const bool settled = std::abs(error - least) <= 1e-13 * error;
    if (error < least) std::tie(best, least) = std::tuple(fit, error);
    if (settled) break;
    for (std::size_t p = 0; p < points.size(); ++p) fitted[p] = predict(fit, points[p].concurrency);
  }

  scalability_fit found;
  found.lambda = 1 / best[0];
  found.sigma = best[1] / best[0];
  found.kappa = best[2] / best[0];
  double mean = 0;
  for (const auto& point : points) {
    found.residuals.push_back(point.throughput - found.throughput(point.concurrency));
    mean += point.throughput / static_cast<double>(points.size());
  }
  double spread = 0;
  for (const auto& point : points) spread += (point.throughput - mean) * (point.throughput - mean);
  // Throughputs that are all equal leave nothing to explain.
  found.r_squared = spread > 0 ? 1 - least / spread : 1;
  return found;
}

}  // namespace regatta
