// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace regatta {

/// What a shell would start for `name`: the file itself if it has a '/', else the first of PATH.
/// nullopt if that is no file one may execute.
std::optional<std::string> find_program(const std::string& name);

/// Of a file's bytes, 16 hexadecimal digits; empty if it cannot be read.
std::string file_digest(const std::string& path);

/// Whether the file's bytes hold `text`: a look at an executable that does not start it.
bool file_contains(const std::string& path, std::string_view text);

/// A byte copy of an executable, in a directory that goes with this object. Throws
/// std::system_error.
class executable_copy {
 public:
  explicit executable_copy(const std::string& path);
  ~executable_copy();
  executable_copy(const executable_copy&) = delete;
  executable_copy& operator=(const executable_copy&) = delete;

  std::string path() const { return copy_.string(); }

 private:
  std::filesystem::path directory_;
  std::filesystem::path copy_;
};

}  // namespace regatta
