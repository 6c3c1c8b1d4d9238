// SPDX-License-Identifier: Apache-2.0
#include "harness/statistics/margin_test.hpp"

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <numbers>
#include <vector>

namespace regatta {
namespace {

// The alternatives are weighed by Beta(7, 2), cut to p > 1/2: nearly even over 0.65 to 0.97, which
// is what 7 to 50 pairs can show. Unanimous pairs reach e = 20 after 6 and e = 40 after 8; a
// uniform weight needs one more for 20 and finds less below p = 0.9, a narrower one needs ten.
constexpr double prior_above = 7, prior_below = 2;
constexpr double largest_log = 690;  // 1e299.7

/// log of the integral of p^(a-1) (1-p)^(b-1) over p from 1/2 to 1.
double log_upper_beta(double a, double b) {
  // In double, not in long double: three times as fast, and 12 digits are plenty.
  using policy = boost::math::policies::policy<boost::math::policies::promote_double<false>>;
  if (a >= b) {  // no less than about half of the whole: nothing underflows
    return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b) +
           std::log(boost::math::ibetac(a, b, 0.5, policy()));
  }
  // The tail of the other side, by the series of DLMF 8.17.8: positive, ever faster decreasing
  // terms.
  double sum = 0;
  double term = 1;
  for (double j = 0; term > sum * 1e-17; ++j) {
    sum += term;
    term *= (a + b + j) / (2 * (b + 1 + j));
  }
  return std::log(sum) - std::log(b) - (a + b) * std::numbers::ln2;
}

bool is_positive(double value) { return std::isfinite(value) && value > 0; }

}  // namespace

double sign_e_value(std::size_t above, std::size_t pairs) {
  static const double log_prior = log_upper_beta(prior_above, prior_below);
  const auto k = static_cast<double>(above);
  const auto n = static_cast<double>(pairs);
  const double log_e =
      n * std::numbers::ln2 + log_upper_beta(k + prior_above, n - k + prior_below) - log_prior;
  return std::exp(std::min(log_e, largest_log));
}

std::optional<std::size_t> fewest_above(std::size_t pairs, double e_value) {
  if (sign_e_value(pairs, pairs) < e_value) return std::nullopt;
  std::size_t reaching = pairs;
  for (std::size_t under = pairs / 2; reaching - under > 1;) {  // half of them never do
    const std::size_t middle = (under + reaching) / 2;
    (sign_e_value(middle, pairs) >= e_value ? reaching : under) = middle;
  }
  return reaching;
}

std::optional<ratio_estimate> anytime_ratio_interval(std::span<const double> numerators,
                                                     std::span<const double> denominators,
                                                     double confidence) {
  const std::size_t n = numerators.size();
  if (n == 0 || n != denominators.size() || !(confidence > 0 && confidence < 1)) {
    return std::nullopt;
  }
  // Either side may miss with half of the error.
  const auto refuting = fewest_above(n, 2 / (1 - confidence));
  if (!refuting) return std::nullopt;

  std::vector<double> ratios(n);
  for (std::size_t i = 0; i < n; ++i) {
    ratios[i] = numerators[i] / denominators[i];
    if (!is_positive(numerators[i]) || !is_positive(denominators[i]) || !is_positive(ratios[i])) {
      return std::nullopt;
    }
  }
  std::sort(ratios.begin(), ratios.end());
  const double low = ratios[(n - 1) / 2];
  const double high = ratios[n / 2];
  ratio_estimate estimate;
  estimate.ratio = low == high ? low : std::sqrt(low) * std::sqrt(high);
  estimate.lower = ratios[n - *refuting];
  estimate.upper = ratios[*refuting - 1];
  estimate.confidence = confidence;
  estimate.pairs = n;
  estimate.ties = static_cast<std::size_t>(std::count(ratios.begin(), ratios.end(), 1.0));
  return estimate;
}

margin_test::margin_test(double margin) : factor_(1 + margin) {}

void margin_test::side::count(bool is_above, std::size_t pairs) {
  above += is_above ? 1 : 0;
  // With no more than half above, no alternative is likelier than 1/2: e is at most 1.
  if (is_above && 2 * above > pairs) largest = std::max(largest, sign_e_value(above, pairs));
}

bool margin_test::add(double numerator, double denominator) {
  if (!is_positive(numerator) || !is_positive(denominator)) return false;
  ++pairs_;
  ties_ += numerator == denominator ? 1 : 0;
  // Multiplied, not divided: swapping the sides gives exactly the mirror image.
  greater_.count(numerator > denominator * factor_, pairs_);
  not_greater_.count(numerator < denominator * factor_, pairs_);
  less_.count(numerator * factor_ < denominator, pairs_);
  not_less_.count(numerator * factor_ > denominator, pairs_);
  return true;
}

double margin_test::e_equivalent() const {
  return std::min(not_greater_.largest, not_less_.largest);
}

}  // namespace regatta
