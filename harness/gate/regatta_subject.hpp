// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <random>
#include <string>

#include "harness/gate/gate_subject.hpp"
#include "harness/gate/regatta_course.hpp"

namespace regatta {

/// A build of regatta: each of its benchmarks is a cell of the course, run by that build's
/// executable. One process lives at a time and serves the epochs of one launch.
class regatta_subject : public gate_subject {
 public:
  /// `course` is the same for both sides, and outlives them.
  regatta_subject(std::string path, std::string shown_as, regatta_course& course,
                  std::uint64_t seed, std::function<bool()> stop);

  gate_subject_info info() const override;
  std::vector<std::string> names() override;
  std::vector<gate_metric> metrics() const override;
  std::variant<gate_epoch, gate_failure> measure(const std::string& name, unsigned launch) override;
  unsigned epochs_per_launch() const override { return 4; }

 private:
  void start(const cell_work& work, const std::string& name, unsigned launch);
  gate_epoch run(const cell_work& work);
  epoch_plan next_epoch(const cell_work& work);

  const std::string path_, shown_as_;
  regatta_course& course_;
  const std::function<bool()> stop_;
  std::mt19937_64 random_;
  std::unique_ptr<cell_process> process_;
  std::string name_;  ///< of what the process runs
  unsigned launch_ = 0;
  std::uint64_t epoch_ = 0;  ///< of this launch
};

}  // namespace regatta
