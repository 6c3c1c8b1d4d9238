// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "harness/platform/proc_text.hpp"
#include "harness/platform/process_usage.hpp"

namespace regatta::test {

/// Processes that this one has started, zombies too; tests before may have left a server for those
/// after. Without a sanitizer's symboliser: it is started when a race has to be looked up among the
/// suppressions, which can be in the middle of any test.
inline std::vector<pid_t> all_children() {
  std::vector<pid_t> children = descendants_of(::getpid());
  std::erase_if(children, [](pid_t child) {
    return proc_text::read_file(fmt::format("/proc/{}/comm", child))
        .value_or("")
        .starts_with("llvm-symbolizer");
  });
  return children;
}

/// One that was not there before; 0 if there is none.
inline pid_t child_since(const std::vector<pid_t>& before) {
  const std::vector<pid_t> now = all_children();
  const auto fresh = std::find_if(now.begin(), now.end(), [&](pid_t each) {
    return std::find(before.begin(), before.end(), each) == before.end();
  });
  return fresh == now.end() ? 0 : *fresh;
}

}  // namespace regatta::test
