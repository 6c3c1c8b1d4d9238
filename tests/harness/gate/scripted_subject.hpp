// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "harness/gate/gate_subject.hpp"

namespace regatta {

/// A side of a gate whose figures are made up: by name, what its next epoch shows.
class scripted_subject : public gate_subject {
 public:
  using outcome = std::variant<gate_epoch, gate_failure>;
  using script = std::function<outcome()>;

  explicit scripted_subject(std::map<std::string, script> scripts) : scripts_(std::move(scripts)) {}

  gate_subject_info info() const override { return {"command", "scripted", ""}; }
  std::vector<std::string> names() override {
    std::vector<std::string> all;
    for (const auto& [name, unused] : scripts_) all.push_back(name);
    return all;
  }
  std::vector<gate_metric> metrics() const override { return {{"time", "s"}, {"cpu", "s"}}; }
  outcome measure(const std::string& name, unsigned launch) override {
    calls.push_back({name, launch});
    return scripts_.at(name)();
  }
  unsigned epochs_per_launch() const override { return epochs; }

  struct call {
    std::string name;
    unsigned launch = 0;
  };
  std::vector<call> calls;
  unsigned epochs = 1;

 private:
  std::map<std::string, script> scripts_;
};

/// A time around `median`, spread by up to `noise` (a share) either way.
inline scripted_subject::script noisy_time(double median, double noise, unsigned seed) {
  return [median, noise, random = std::mt19937(seed)]() mutable {
    const double time = median * std::uniform_real_distribution<>(1 - noise, 1 + noise)(random);
    return gate_epoch{.values = {{"time", time}, {"cpu", time / 2}}, .note = {}};
  };
}

inline scripted_subject::script constant_time(double time) { return noisy_time(time, 0, 1); }

inline scripted_subject::script failing(std::string why) {
  return [why = std::move(why)] { return gate_failure{why}; };
}

}  // namespace regatta
