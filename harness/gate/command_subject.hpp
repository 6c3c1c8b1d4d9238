// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <random>

#include "harness/gate/gate_subject.hpp"
#include "harness/gate/program_launch.hpp"

namespace regatta {

struct command_options {
  std::string line;    ///< as the user wrote it
  bool shell = false;  ///< /bin/sh -c, instead of split_command()
  /// Also reports max_rss, which takes a slower way to start it (see spawn_request::forked).
  bool memory = false;
  std::chrono::milliseconds launch_limit{60'000};
  std::uint64_t seed = 1;
};

/// Any command that ends by itself: each epoch is one run of it. It has one benchmark, "command".
class command_subject : public gate_subject {
 public:
  /// Throws std::invalid_argument with a sentence if there is no such command.
  command_subject(command_options options, std::function<bool()> stop);

  gate_subject_info info() const override;
  std::vector<std::string> names() override { return {"command"}; }
  std::vector<gate_metric> metrics() const override;
  std::variant<gate_epoch, gate_failure> measure(const std::string& name, unsigned launch) override;

 private:
  const std::string line_;
  const bool memory_;
  const std::function<bool()> stop_;
  program_launch launch_;
  std::mt19937_64 random_;
};

}  // namespace regatta
