// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <algorithm>
#include <vector>

#include "harness/platform/process_usage.hpp"

namespace regatta::test {

/// Processes that this one has started, zombies too; tests before may have left a server for those
/// after.
inline std::vector<pid_t> all_children() { return descendants_of(::getpid()); }

/// One that was not there before; 0 if there is none.
inline pid_t child_since(const std::vector<pid_t>& before) {
  const std::vector<pid_t> now = all_children();
  const auto fresh = std::find_if(now.begin(), now.end(), [&](pid_t each) {
    return std::find(before.begin(), before.end(), each) == before.end();
  });
  return fresh == now.end() ? 0 : *fresh;
}

}  // namespace regatta::test
