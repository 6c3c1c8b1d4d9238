// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace regatta {

// JUnit XML as CI servers read it: <testsuites> of <testsuite> of <testcase>. There is no
// standard; this keeps to what Jenkins, GitLab and the GitHub actions have in common.

enum class junit_status { passed, failure, error, skipped };

struct junit_case {
  std::string name;
  std::string class_name;  ///< servers group by it
  junit_status status = junit_status::passed;
  std::string type;     ///< of the failure or error: "PerformanceRegression"
  std::string message;  ///< one line
  std::string details;
  std::optional<double> seconds;
  std::vector<std::pair<std::string, std::string>> properties;
  std::string output = {};  ///< what servers show of a test whatever its status
};

struct junit_suite {
  std::string name;
  std::string hostname;
  std::string started_at;  ///< ISO 8601, UTC
  double seconds = 0;
  std::vector<std::pair<std::string, std::string>> properties;
  std::vector<junit_case> cases;
};

std::string render_junit_suites(const std::string& name, const std::vector<junit_suite>& suites);

/// A number in the C locale with all its digits.
std::string junit_number(double value);

}  // namespace regatta
