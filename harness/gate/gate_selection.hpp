// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "harness/gate/gate_settings.hpp"
#include "harness/gate/gate_subject.hpp"

namespace regatta {

struct gate_selection {
  std::vector<gate_comparison> comparisons;                ///< those of one benchmark side by side
  std::vector<std::string> only_baseline, only_candidate;  ///< names, of those the filter lets by
  std::vector<std::string> warnings;
};

/// What is to be compared: the benchmarks that both sides have and the filter lets by, under the
/// metrics and rules that are set. Where a metric is wanted that not every benchmark reports, each
/// is run once on the baseline to see. `today` as of muted(). Throws std::invalid_argument, with a
/// sentence, when nothing is left.
gate_selection select_comparisons(const gate_settings& settings, gate_subject& baseline,
                                  gate_subject& candidate, const std::string& today);

/// The metric of that name: one of `standing`, or else a counter, of which the name must tell.
gate_metric describe_metric(const std::string& name, const std::vector<gate_metric>& standing);

}  // namespace regatta
