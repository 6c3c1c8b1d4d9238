// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "harness/diagnostics/loop_monitor/block_cause.hpp"
#include "harness/diagnostics/loop_monitor/block_report.hpp"
#include "harness/diagnostics/loop_monitor/report_writer.hpp"
#include "harness/diagnostics/loop_monitor/stack_copy.hpp"
#include "harness/diagnostics/loop_monitor/stack_reader.hpp"
#include "harness/diagnostics/task_tracker/snapshot.hpp"

namespace regatta::internal {

/// What the watchdog saw of a blocked stretch, before anybody has asked for names.
struct stretch_event {
  std::shared_ptr<report_writer> writer;
  block_report report{};  ///< without what takes names: stack, blocker, tasks, created, cause
  stretch_evidence evidence{};
  std::optional<stack_copy> stack{};  ///< these three with the phase `began` only
  std::vector<raw_task> tasks{};
  std::uint64_t trail = 0;
};

/// Makes reports of events and hands them out, on a thread of its own: names take milliseconds, the
/// first ones hundreds, and the watchdog must not look away for so long.
/// Thread safety: any thread but its own.
class teller {
 public:
  /// Both outlive it: what `stacks` has read is kept for the next teller. `telling` is held while a
  /// report is made and handed out.
  teller(stack_reader& stacks, std::recursive_mutex& telling);
  ~teller();
  teller(const teller&) = delete;
  teller& operator=(const teller&) = delete;

  void post(stretch_event event);
  /// Looks up the names that a report of this stack will need, if one comes.
  void prepare(stack_copy stack);
  /// Returns when everything posted before has been told.
  void flush();

 private:
  struct told_stretch {
    std::vector<source_frame> stack;
    source_frame blocker;
    std::string thread_name, detail;
  };
  void work();
  void tell(stretch_event& event);
  void name(stretch_event& event, told_stretch& told);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<stretch_event> events_;
  std::uint64_t posted_ = 0, done_ = 0;
  bool ends_ = false;
  stack_reader& stacks_;
  std::recursive_mutex& telling_;
  std::map<std::uint64_t, told_stretch> told_;  // those that have not ended
  std::thread thread_;
};

}  // namespace regatta::internal
