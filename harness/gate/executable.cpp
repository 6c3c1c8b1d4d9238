// SPDX-License-Identifier: Apache-2.0
#include "harness/gate/executable.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <sstream>
#include <system_error>

#include "harness/digest.hpp"
#include "harness/platform/read_file.hpp"

namespace regatta {
namespace {

bool can_execute(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

std::optional<std::string> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    return can_execute(name) ? std::optional(name) : std::nullopt;
  }
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string candidate = (folder.empty() ? "." : folder) + "/" + name;
    if (can_execute(candidate)) return candidate;
  }
  return std::nullopt;
}

std::string file_digest(const std::string& path) {
  try {
    return fmt::format("{:016x}", digest_of(read_whole_file(path)));
  } catch (const std::system_error&) {
    return {};
  }
}

bool file_contains(const std::string& path, std::string_view text) {
  try {
    return as_text(read_whole_file(path)).find(text) != std::string_view::npos;
  } catch (const std::system_error&) {
    return false;
  }
}

executable_copy::executable_copy(const std::string& path) {
  std::string pattern = (std::filesystem::temp_directory_path() / "regatta-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(),
                            "creating a temporary directory like " + pattern);
  }
  directory_ = pattern;
  copy_ = directory_ / std::filesystem::path(path).filename();
  try {
    std::filesystem::copy_file(path, copy_);
  } catch (...) {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
    throw;
  }
}

executable_copy::~executable_copy() {
  std::error_code ignored;  // a destructor reports nothing
  std::filesystem::remove_all(directory_, ignored);
}

}  // namespace regatta
