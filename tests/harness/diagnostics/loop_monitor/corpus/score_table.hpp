// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "tests/harness/diagnostics/loop_monitor/corpus/score.hpp"

namespace regatta::corpus {

struct scored_case {
  std::string name;
  score points;
};

/// The scores by fault, by shape and of all.
std::string score_table(const std::vector<scored_case>& cases);

/// What the whole corpus must reach; a sentence for each bar that is missed.
std::vector<std::string> missed_bars(const std::vector<scored_case>& cases);

}  // namespace regatta::corpus
