// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/gate/executable.hpp"
#include "harness/gate/gate.hpp"
#include "harness/gate/regatta_course.hpp"
#include "tools/suite.hpp"

namespace regatta {

/// What the command line of `regatta gate` says of the two sides, unchecked.
struct gate_request {
  std::string baseline, candidate;
  std::string kind = "auto";
  bool shell = false;
  bool memory = false;  ///< max_rss is wanted
  std::optional<std::string> min_time, launch_timeout;
  unsigned repetitions = 19;  ///< of Google Benchmark
  run_request cells;          ///< of regatta builds: what the two run
};

/// The two sides of a gate, and a copy of the baseline for the self-check.
struct gate_subjects {
  std::unique_ptr<executable_copy> copied;  ///< first: outlives the processes that run it
  std::unique_ptr<regatta_course> course;   ///< of regatta builds
  std::unique_ptr<gate_subject> baseline, candidate, copy;
  std::vector<std::string> warnings;

  gate_sides sides() const { return {*baseline, *candidate, copy.get()}; }
};

/// Throws usage_error, with one sentence, if a side is not what it should be.
gate_subjects make_gate_subjects(const gate_request& request, std::uint64_t seed,
                                 const std::function<bool()>& stop);

}  // namespace regatta
