// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

namespace regatta {

/// "0-3,8,10-11" → 0 1 2 3 8 10 11, the kernel's way of writing a set of CPUs (cpuset(7), "List
/// format"). Parts that are not understood are left out.
std::vector<int> parse_cpu_list(std::string_view text);

}  // namespace regatta
