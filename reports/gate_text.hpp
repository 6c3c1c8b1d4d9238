// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "harness/gate/gate_result.hpp"

namespace regatta {

// How the gate's reports call things, so that all of them say the same.

std::string_view to_string(gate_verdict verdict);

/// "regressed", "regressed (muted)", "regressed (warns)", "off", …
std::string verdict_word(const gate_comparison& comparison);

/// "BM_parse/64", or "BM_parse/64 cpu_time" if others have the same name.
std::string name_of(const gate_comparison& comparison, const gate_result& result);

/// What the verdict stands on: the confirmation if there was one.
const gate_evidence& decisive(const gate_comparison& comparison);

/// How much worse: "1.124 [1.081, 1.170]", or "–" for too few pairs.
std::string effect(const gate_evidence& evidence);

/// A median in its unit: "12.3 ms", "4,890/s", "256 MiB".
std::string show_value(double value, const std::string& unit);

/// What the gate says, in one sentence.
std::string gate_headline(const gate_result& result);

/// Counts, the self-check and what weakens the verdicts: sentences.
std::vector<std::string> gate_summary(const gate_result& result);

/// Those that changed or need a look come first: what blocks, then failed, regressed but not
/// blocking, inconclusive, improved, equivalent; the largest effect first.
std::vector<const gate_comparison*> by_concern(const gate_result& result);

/// Whether somebody should look at it: anything but equivalent, improved or off.
bool concerns(const gate_comparison& comparison);

/// Whether the build fails for it: a failed comparison always, a blocking one unless the machine
/// cannot tell.
bool fails_build(const gate_comparison& comparison, const gate_result& result);

}  // namespace regatta
