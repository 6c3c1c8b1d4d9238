// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <vector>

#include "harness/diagnostics/task_tracker/report.hpp"

namespace regatta {

/// Takes every report while it lives.
class collected_reports {
 public:
  collected_reports() {
    former_ = set_task_report_handler([this](const task_report& report) {
      const std::lock_guard lock(mutex_);
      reports_.push_back(report);
    });
  }
  ~collected_reports() { set_task_report_handler(former_); }
  collected_reports(const collected_reports&) = delete;
  collected_reports& operator=(const collected_reports&) = delete;

  std::vector<task_report> get() {
    const std::lock_guard lock(mutex_);
    return reports_;
  }

 private:
  std::mutex mutex_;
  std::vector<task_report> reports_;
  task_report_handler former_;
};

/// The file's own name and `line`, as reports print places.
inline bool is_at(const source_place& place, const char* file, unsigned line) {
  const auto name = [](const std::string& path) { return path.substr(path.rfind('/') + 1); };
  return name(place.file) == name(file) && place.line == line;
}

}  // namespace regatta
