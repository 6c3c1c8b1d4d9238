// SPDX-License-Identifier: Apache-2.0
#include "tools/bench/calibration/simulated_work.hpp"

#include <cmath>
#include <functional>
#include <random>
#include <utility>

namespace regatta::calibration {
namespace {

constexpr double seconds_per_unit = 10e-9;

/// How many times as long as undisturbed the next slice takes.
using weather = std::function<double(std::mt19937_64&)>;

class simulated_work : public timed_work {
 public:
  simulated_work(std::string name, std::uint64_t seed, weather slowness)
      : name_(std::move(name)), random_(seed), slowness_(std::move(slowness)) {}
  std::string name() const override { return name_; }
  double seconds(std::uint64_t units) override {
    return static_cast<double>(units) * seconds_per_unit * slowness_(random_);
  }

 private:
  std::string name_;
  std::mt19937_64 random_;
  weather slowness_;
};

double independent(std::mt19937_64& random) {
  return std::lognormal_distribution(0.0, 0.1)(random);
}

// Pareto with a tail index of 1.2: a mean, and no variance.
double heavy_tailed(std::mt19937_64& random) {
  const double uniform = std::uniform_real_distribution(1e-9, 1.0)(random);
  return 1 + 0.02 * std::pow(uniform, -1 / 1.2);
}

// A neighbour takes 45 % for some 30 slices, and is away for some 100.
weather neighbour() {
  return [here = false](std::mt19937_64& random) mutable {
    const double uniform = std::uniform_real_distribution(0.0, 1.0)(random);
    if (uniform < (here ? 1 / 30.0 : 1 / 100.0)) here = !here;
    return (here ? 1 / 0.55 : 1.0) * std::lognormal_distribution(0.0, 0.02)(random);
  };
}

// An autoregression that forgets in some 1,000 slices, with a standard deviation of 10 %.
weather drifting() {
  return [level = 0.0](std::mt19937_64& random) mutable {
    constexpr double kept = 0.999;
    level = kept * level + std::normal_distribution(0.0, 0.1 * std::sqrt(1 - kept * kept))(random);
    return std::exp(level) * std::lognormal_distribution(0.0, 0.02)(random);
  };
}

}  // namespace

all_work all_simulated_work(std::uint64_t seed) {
  all_work all;
  all.push_back(std::make_unique<simulated_work>("independent", seed, independent));
  all.push_back(std::make_unique<simulated_work>("neighbour", seed + 1, neighbour()));
  all.push_back(std::make_unique<simulated_work>("drift", seed + 2, drifting()));
  all.push_back(std::make_unique<simulated_work>("heavy tails", seed + 3, heavy_tailed));
  return all;
}

}  // namespace regatta::calibration
