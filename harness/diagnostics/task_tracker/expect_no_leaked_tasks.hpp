// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/diagnostics/task_tracker/report.hpp"
#include "harness/diagnostics/task_tracker/tasks.hpp"

namespace regatta {

/// GoogleTest: fails the test if, where this goes out of scope, a task that began in the scope is
/// still there, or if anything was found in the scope. Put it before the execution contexts, so
/// that it ends after them.
///
///   TEST(Session, EndsWithItsClient) {
///     regatta::expect_no_leaked_tasks leaks;
///     boost::asio::io_context io;
///     …
///   }
///
/// For every test of a program: testing::UnitTest::GetInstance()->listeners().Append(
///   new regatta::expect_no_leaked_tasks::in_every_test) in main.
/// Thread safety: one thread makes and destroys it; findings may come from any.
class expect_no_leaked_tasks {
 public:
  class in_every_test;

  expect_no_leaked_tasks() {
    for (const task_info& task : tasks()) before_.insert(task.serial);
    former_ = set_task_report_handler([this](const task_report& report) {
      const std::lock_guard lock(mutex_);
      findings_.push_back(format_task_report(report));
    });
  }
  ~expect_no_leaked_tasks() {
    set_task_report_handler(std::move(former_));
    for (const std::string& finding : findings_) ADD_FAILURE() << finding;
    std::vector<task_info> left;
    for (task_info& task : tasks()) {
      if (!before_.contains(task.serial)) left.push_back(std::move(task));
    }
    if (!left.empty()) ADD_FAILURE() << "tasks that did not end: " << format_task_tree(left);
  }
  expect_no_leaked_tasks(const expect_no_leaked_tasks&) = delete;
  expect_no_leaked_tasks& operator=(const expect_no_leaked_tasks&) = delete;

 private:
  std::set<std::uint64_t> before_;
  std::mutex mutex_;
  std::vector<std::string> findings_;
  task_report_handler former_;
};

class expect_no_leaked_tasks::in_every_test : public testing::EmptyTestEventListener {
 private:
  void OnTestStart(const testing::TestInfo&) override { check_.emplace(); }
  void OnTestEnd(const testing::TestInfo&) override { check_.reset(); }
  std::optional<expect_no_leaked_tasks> check_;
};

}  // namespace regatta
