// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>

#include "harness/gate/gate_settings.hpp"
#include "harness/gate/gate_subject.hpp"
#include "harness/runner/runner.hpp"

namespace regatta {

struct gate_sides {
  gate_subject& baseline;
  gate_subject& candidate;
  gate_subject* copy;  ///< of the baseline, for the self-check; null: there is none
};

struct gate_hooks {
  std::function<void(const run_progress&)> progress = [](const run_progress&) {};
  std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
};

/// Compares two subjects: rounds over the benchmarks that are not decided, in random order, in each
/// a pair of fresh epochs (see pair_order) until every comparison has a verdict, has used up its
/// pairs, or the budget is spent. A verdict of one comparison is comparison_judge's; regressed and
/// improved stand out at level alpha / 2 each over the whole suite (Holm), however often one looks,
/// and are then shown again by fresh processes alone. A quarter of the budget is kept for that.
/// interrupted_run from a subject ends the gate; what was measured is answered. Throws
/// std::invalid_argument and std::runtime_error, with a sentence, when there is nothing to compare.
gate_result run_gate(const gate_settings& settings, const gate_sides& sides,
                     const gate_hooks& hooks);

}  // namespace regatta
