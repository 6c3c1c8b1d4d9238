// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/diagnostics/loop_monitor/corpus/truth.hpp"

#include <algorithm>

#include "tests/harness/diagnostics/loop_monitor/corpus/thread_time.hpp"

namespace regatta::corpus {

void truth_log::record(const label& expected, const std::function<void()>& work) {
  episode one{.expected = expected, .thread = this_thread_id(), .begin = {}, .end = {}};
  one.monitor_waited_before = monitor_time_without_cpu();
  one.waited_before = time_without_cpu(one.thread);
  one.begin = std::chrono::steady_clock::now();
  work();
  one.end = std::chrono::steady_clock::now();
  one.waited = time_without_cpu(one.thread) - one.waited_before;
  const std::chrono::nanoseconds monitor_waited = monitor_time_without_cpu();
  const std::lock_guard lock(mutex_);
  episodes_.push_back(one);
  monitor_waited_ = std::max(monitor_waited_, monitor_waited);
}

void truth_log::record(const arrival& report) {
  const std::lock_guard lock(mutex_);
  arrivals_.push_back(report);
  monitor_waited_ = std::max(monitor_waited_, report.monitor_waited);
}

std::vector<episode> truth_log::episodes() const {
  const std::lock_guard lock(mutex_);
  return episodes_;
}

std::vector<arrival> truth_log::arrivals() const {
  const std::lock_guard lock(mutex_);
  return arrivals_;
}

std::chrono::nanoseconds truth_log::monitor_waited() const {
  const std::lock_guard lock(mutex_);
  return monitor_waited_;
}

}  // namespace regatta::corpus
