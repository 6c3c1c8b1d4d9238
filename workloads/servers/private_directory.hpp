// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/platform/child_process.hpp"
#include "harness/platform/unique_fd.hpp"

namespace regatta {

/// A directory that another user works in, removed with this object. It is locked meanwhile, so
/// that what a killed process has left behind can be told from what is in use, and is removed when
/// the next one is made.
class private_directory {
 public:
  /// In the first of `places` that `owner` can reach and whose path has at most `longest` bytes.
  /// Its name begins with `prefix`. Throws std::runtime_error.
  private_directory(const std::string& prefix, const user_identity& owner,
                    const std::vector<std::filesystem::path>& places, std::size_t longest);
  ~private_directory();
  private_directory(const private_directory&) = delete;
  private_directory& operator=(const private_directory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  unique_fd lock_;
};

/// Whether every folder on the way lets `user` through.
bool can_reach(const std::filesystem::path& folder, const user_identity& user);

/// Removes those directories in `place` whose makers have ended.
void remove_abandoned(const std::filesystem::path& place, const std::string& prefix);

}  // namespace regatta
