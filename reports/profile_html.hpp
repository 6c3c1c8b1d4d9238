// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "harness/profiling/profile_result.hpp"

namespace regatta {

/// A profile as one HTML page that needs nothing but itself: the worst first, what each loop did
/// when, a flame graph of blocked time, where the time of each stretch went, and what the profile
/// itself took. As render_html() for a run: no request is made, names are text, and without scripts
/// the tables are all there.
std::string render_profile_html(const profiling::profile_result& profile);

}  // namespace regatta
