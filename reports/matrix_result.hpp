// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "harness/run_result.hpp"
#include "reports/recommendation.hpp"

namespace regatta {

/// A kind of program somebody has to choose an approach for, and what textbooks say.
struct matrix_scenario {
  std::string name;
  std::string textbook;             ///< in the textbook's words
  std::vector<std::string> advice;  ///< the backends that are meant by it
  std::string why;                  ///< the textbook's reason, as a clause
};

/// What was measured for a scenario under one model of the interpreter lock.
struct matrix_answer {
  std::string lock;  ///< "none", "gil", …
  recommendation advice;
  /// A sentence where nothing could be measured; `advice` is empty then.
  std::string failure;
};

struct matrix_row {
  matrix_scenario scenario;
  std::string workload;  ///< with its load, as text: "llm-complete, 256 in flight"
  std::vector<matrix_answer> answers;
};

struct matrix_result {
  std::vector<matrix_row> rows;
  environment where;
  double seconds = 0;
  bool interrupted = false;
  std::vector<std::string> warnings;
};

enum class agreement {
  same,      ///< the winner or the tie set has one of the approaches that the textbook names
  differs,   ///< it has none
  undecided  ///< nothing was measured, or too little to tell the approaches apart
};
agreement agreement_of(const matrix_scenario& scenario, const matrix_answer& answer);

/// Unless they agree, a sentence with the numbers or with what is missing; empty where they do.
std::string difference(const matrix_scenario& scenario, const matrix_answer& answer);

}  // namespace regatta
