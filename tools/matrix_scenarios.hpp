// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "reports/matrix_result.hpp"
#include "tools/suite.hpp"

namespace regatta {

/// A row of the decision matrix, and how it is measured.
struct matrix_question {
  matrix_scenario scenario;
  /// Workload, load and constraints. Budget, seed and lock are the command's.
  run_request request;
};

/// The seven classic ones, in the order in which they are taught.
std::vector<matrix_question> matrix_questions();

}  // namespace regatta
