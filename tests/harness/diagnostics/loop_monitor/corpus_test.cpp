// SPDX-License-Identifier: Apache-2.0
// Every case of the corpus is a test; how good the monitor is on the whole, with its delays, is
// printed by regatta_monitor_score.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "tests/harness/diagnostics/loop_monitor/corpus/run_case.hpp"
#include "tests/harness/diagnostics/loop_monitor/corpus/stopped_process.hpp"
#include "tests/support/sanitizers.hpp"

namespace regatta::corpus {
namespace {

// Under a sanitizer everything takes longer, and stacks have other frames.
constexpr std::chrono::milliseconds threshold{test::sanitized ? 60 : 20};

/// What is printed and does not fail the test.
bool is_excused(flaw kind) {
  switch (kind) {
    case flaw::not_staged:      // the machine's doing; what it made of the case is judged
    case flaw::wrong_duration:  // depends on when the monitor got a CPU
      return true;
    case flaw::wrong_function:
      return test::sanitized;
    case flaw::missed:  // TSan hands no signal to a thread that only computes: there is no stack
      return test::thread_sanitized;
    default:
      return false;
  }
}

bool is_right(const score& points) {
  return std::none_of(points.findings.begin(), points.findings.end(),
                      [](const finding& each) { return !is_excused(each.kind); });
}

/// On a machine with more to do than it has CPUs a wrong answer says little: once more, up to three
/// times, and up to five where the monitor itself had to wait. regatta_monitor_score is stricter.
score judge(const test_case& one) {
  constexpr std::chrono::milliseconds busy{5};
  keep_monitor_warm(threshold);
  for (int attempt = 1;; ++attempt) {
    const case_result result = run_case(one, threshold);
    score points = score_of(result);
    const int most = result.monitor_waited < busy ? 3 : 5;
    if (is_right(points) || attempt >= most) return points;
    std::cout << "wrong at attempt " << attempt << "; once more\n";
  }
}

std::vector<test_case> cases(bool ordinary) {
  std::vector<test_case> chosen;
  for (test_case& one : all_cases()) {
    if (one.ordinary == ordinary) chosen.push_back(std::move(one));
  }
  return chosen;
}

class CorpusTiming : public testing::TestWithParam<test_case> {};

TEST_P(CorpusTiming, IsReportedAsLabelled) {
  const score points = judge(GetParam());
  for (const finding& each : points.findings) {
    if (is_excused(each.kind)) {
      std::cout << to_string(each.kind) << ": " << each.what << "\n";
    } else {
      ADD_FAILURE() << to_string(each.kind) << ": " << each.what;
    }
  }
}

std::string test_name(const testing::TestParamInfo<test_case>& info) {
  std::string name = info.param.name;
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Ordinary, CorpusTiming, testing::ValuesIn(cases(true)), test_name);
INSTANTIATE_TEST_SUITE_P(Slow, CorpusTiming, testing::ValuesIn(cases(false)), test_name);

}  // namespace
}  // namespace regatta::corpus

int main(int argc, char** argv) {
  regatta::corpus::run_if_child();
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
