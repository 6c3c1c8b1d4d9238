// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/platform/unique_fd.hpp"
#include "harness/runner/cell_process.hpp"
#include "harness/runner/running_services.hpp"

namespace regatta {

/// What one cell does, whichever build it belongs to: same data, same servers, same load, same
/// window. Derived from the baseline, once.
struct cell_work {
  cell_start start;
  int dataset = -1;
  epoch_plan epoch;  ///< without first_index and seed
  std::chrono::milliseconds limit{0};
};

/// The cells of a suite as the two sides of a gate run them. Thread safety: one thread.
class regatta_course {
 public:
  /// `baseline` is the path of a regatta.
  regatta_course(run_plan plan, std::string baseline, std::function<bool()> stop);

  struct cell {
    std::string name;  ///< "tokenize on thread"
    const workload_plan& workload;
    const backend_choice& choice;
  };
  const std::vector<cell>& cells() const { return cells_; }
  bool open_loop() const { return open_loop_; }
  std::uint64_t seed() const { return plan_.seed; }

  /// Measures what it takes to know on the baseline, the first time a cell is asked for. Throws
  /// cell_failure if that fails.
  const cell_work& work_of(const cell& which);
  /// What is wrong with a server that the cell needs, as a sentence.
  std::optional<std::string> service_failure(const cell& which);

 private:
  struct prepared {
    unique_fd dataset;
    reference_result reference;
    endpoint_map endpoints;
  };
  const prepared& prepare(const workload_plan& workload);

  const run_plan plan_;
  const std::string baseline_;
  const std::function<bool()> stop_;
  running_services services_;
  std::vector<cell> cells_;
  bool open_loop_ = false;
  std::map<const workload_plan*, prepared> prepared_;
  std::map<std::string, cell_work> works_;
};

/// Why an epoch has no figures that count, as a clause: wrong answers, or many failures.
std::optional<std::string> why_bad(const epoch_report& report);

}  // namespace regatta
