// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace regatta::test {

/// What each open descriptor is, sorted. Without pipes: a sanitizer that has a race to look up
/// among its suppressions starts its symboliser, and keeps that one's pipes.
inline std::vector<std::string> open_descriptors() {
  std::vector<std::string> open;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code closed;
    const std::string what = std::filesystem::read_symlink(entry.path(), closed).string();
    if (!closed && !what.starts_with("pipe:")) open.push_back(what);
  }
  std::ranges::sort(open);
  return open;
}

}  // namespace regatta::test
