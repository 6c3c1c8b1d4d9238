// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <random>

#include "harness/gate/command_words.hpp"
#include "harness/gate/gate_subject.hpp"
#include "harness/gate/program_launch.hpp"

namespace regatta {

struct google_benchmark_options {
  command_words command;  ///< our flags come after its own arguments
  std::string shown_as;   ///< as the user wrote it
  /// Of both sides alike: a plan of its own would let the slower side do less.
  std::chrono::milliseconds min_time{20};
  std::chrono::milliseconds launch_limit{60'000};
  std::uint64_t seed = 1;
};

/// A Google Benchmark executable, of any version since 1.5: each epoch is a launch of its own that
/// runs one benchmark.
class google_benchmark_subject : public gate_subject {
 public:
  google_benchmark_subject(google_benchmark_options options, std::function<bool()> stop);

  gate_subject_info info() const override;
  std::vector<std::string> names() override;
  std::vector<gate_metric> metrics() const override;
  std::variant<gate_epoch, gate_failure> measure(const std::string& name, unsigned launch) override;

 private:
  friend std::optional<std::string> library_mismatch(const gate_subject& baseline,
                                                     const gate_subject& candidate);

  launch_result launch(std::vector<std::string> flags, std::pair<int, int> file);

  const google_benchmark_options options_;
  const std::function<bool()> stop_;
  std::mt19937_64 random_;
  std::string library_version_;  ///< empty until something was measured, and before 1.8.4
};

/// A sentence, if both are such executables but of different versions of the library, as far as
/// they tell: from 1.9 on, a threaded benchmark's real time means something else. After the gate.
std::optional<std::string> library_mismatch(const gate_subject& baseline,
                                            const gate_subject& candidate);

/// A filter that matches this name and no other.
std::string exact_benchmark_filter(const std::string& name);

}  // namespace regatta
