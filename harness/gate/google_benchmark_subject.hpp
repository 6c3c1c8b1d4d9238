// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>

#include "harness/gate/command_words.hpp"
#include "harness/gate/gate_subject.hpp"
#include "harness/gate/program_launch.hpp"

namespace regatta {

/// How a launch runs its benchmark, the same on both sides: a plan of its own would let the slower
/// one do less. `min_time` is divided into repetitions, and their median counts: most of them are
/// too short to be disturbed by anybody else's time slice. (Pairs of undivided 20 ms on a busy
/// 2-CPU machine: 15 % within 5 % of each other; of 19 times 0.5 ms: 97 %.)
class google_benchmark_work {
 public:
  google_benchmark_work(std::chrono::milliseconds min_time, unsigned repetitions)
      : min_time_(std::chrono::duration<double>(min_time).count()), repetitions_(repetitions) {}

  double seconds_per_repetition() const { return min_time_ / repetitions_; }
  /// nullopt as long as nobody has measured what one takes.
  std::optional<unsigned> repetitions(const std::string& name) const;
  /// From a launch with a single one: `cpu` seconds the benchmark used, `iteration` seconds an
  /// iteration took. Fewer where a repetition cannot be as short as it should, because an iteration
  /// is long or because it builds up much before it.
  void plan(const std::string& name, double cpu, double iteration);

 private:
  const double min_time_;
  const unsigned repetitions_;
  std::map<std::string, unsigned> planned_;
};

struct google_benchmark_options {
  command_words command;                        ///< our flags come after its own arguments
  std::string shown_as;                         ///< as the user wrote it
  std::shared_ptr<google_benchmark_work> work;  ///< of both sides
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

  struct measured_launch {
    std::variant<gate_epoch, gate_failure> outcome;
    double cpu = 0;  ///< seconds
  };
  measured_launch run(const std::string& name, unsigned repetitions);
  launch_result launch(std::vector<std::string> flags, std::pair<int, int> file);

  const google_benchmark_options options_;
  const std::function<bool()> stop_;
  std::mt19937_64 random_;
  double startup_ = 0;           ///< CPU seconds of a launch that only lists
  std::string library_version_;  ///< empty until something was measured, and before 1.8.4
};

/// A sentence, if both are such executables but of different versions of the library, as far as
/// they tell: from 1.9 on, a threaded benchmark's real time means something else. After the gate.
std::optional<std::string> library_mismatch(const gate_subject& baseline,
                                            const gate_subject& candidate);

/// A filter that matches this name and no other.
std::string exact_benchmark_filter(const std::string& name);

}  // namespace regatta
