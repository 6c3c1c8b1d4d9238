// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "harness/runner/cell_process.hpp"
#include "harness/runner/runner.hpp"
#include "harness/runner/running_services.hpp"
#include "harness/runner/workload_race.hpp"

namespace regatta {

/// One workload's part of a run. Thread safety: one thread.
class workload_run {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// `say` is given what is being done and how much of this workload's time is used, 0 to 1.
  workload_run(const run_plan& plan, const workload_plan& mine, running_services& services,
               const run_hooks& hooks, time_point run_began, time_point until,
               std::function<void(const std::string&, double)> say);

  /// Fills `result` as it goes, so that what was measured survives an interruption (which is
  /// thrown).
  void run(workload_result& result);

 private:
  struct rival {
    cell_result result;
    std::unique_ptr<cell_process> process;  ///< null once the cell has ended
    double median_service = 0;              ///< seconds, from the warm-up
    double epoch_cost = 0;                  ///< seconds an epoch is expected to take, all in
    unsigned epochs = 0;                    ///< measured; also those of a cell that failed later
    double seconds = 0;                     ///< they took
    std::optional<std::uint64_t> idle_pss;
  };

  reference_result make_reference(int dataset);
  void start(rival& each, int dataset, const reference_result& reference);
  void warm_up(rival& each);
  std::optional<std::uint64_t> sample_memory(rival& each);
  void require_pss() const;
  void plan_window();
  void lengthen(const std::vector<std::size_t>& runners, double left);
  epoch_plan plan_for(const rival& each, std::uint64_t first_index) const;
  void measure_blocks(workload_result& result);
  void measure(rival& each, unsigned block, unsigned position, std::uint64_t first_index);
  std::string end_of_race(bool out_of_time) const;
  race_receipt receipt() const;
  void summarise(rival& each);
  void finish(rival& each);
  void end(rival& each, outcome ended, std::string reason);
  void take(rival& each, const epoch_report& report);
  void collect(workload_result& result);
  std::chrono::milliseconds limit_for(const epoch_plan& plan, const rival& each) const;

  template <class Step>
  void guarded(rival& each, Step step);

  const run_plan& plan_;
  const workload_plan& mine_;
  const workload_info& info_;
  running_services& services_;
  const run_hooks& hooks_;
  const time_point run_began_;
  const time_point until_;
  const std::function<void(const std::string&, double)> say_;
  endpoint_map endpoints_;
  bool verified_ = true;
  std::chrono::nanoseconds window_{0};
  std::vector<rival> rivals_;
  std::optional<workload_race> race_;  ///< reads the rivals' results, which stay where they are
  std::string ended_;                  ///< why the race did, as a clause; empty while it goes on
};

}  // namespace regatta
