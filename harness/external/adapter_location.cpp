// SPDX-License-Identifier: Apache-2.0
#include "harness/external/adapter_location.hpp"

#include <cstdlib>
#include <filesystem>
#include <vector>

#include "harness/platform/child_process.hpp"

namespace regatta {

std::optional<std::string> find_adapter(const std::string& file) {
  namespace fs = std::filesystem;
  std::vector<fs::path> folders;
  // What is named alone counts: who names a directory wants to know if it is the wrong one.
  if (const char* const named = std::getenv("REGATTA_ADAPTERS")) {
    folders.emplace_back(named);
  } else {
    folders = {fs::path(self_path()).parent_path() / "../share/regatta/adapters",
               fs::path(REGATTA_SOURCE_ADAPTERS)};
  }
  std::error_code ignored;
  for (const fs::path& folder : folders) {
    if (fs::is_regular_file(folder / file, ignored)) return (folder / file).string();
  }
  return std::nullopt;
}

}  // namespace regatta
