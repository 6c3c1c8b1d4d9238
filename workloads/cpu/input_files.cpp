// SPDX-License-Identifier: Apache-2.0
#include "workloads/cpu/input_files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace regatta {

std::vector<std::filesystem::path> input_files(const std::filesystem::path& directory) {
  constexpr std::uintmax_t limit = std::uintmax_t{256} << 20U;
  const std::string named = "the input directory '" + directory.string() + "' ";
  if (!std::filesystem::is_directory(directory)) {
    throw std::invalid_argument(named + "does not exist or is not a directory");
  }
  std::vector<std::filesystem::path> files;
  std::uintmax_t total = 0;
  try {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
      if (!entry.is_regular_file() || entry.file_size() == 0) continue;
      files.push_back(entry.path());
      total += entry.file_size();
    }
  } catch (const std::filesystem::filesystem_error& error) {
    throw std::invalid_argument(named + "cannot be read: " + error.code().message());
  }
  if (files.empty()) throw std::invalid_argument(named + "holds no file that is not empty");
  if (total > limit)
    throw std::invalid_argument(named + "holds more than 256 MiB; name a smaller one");
  std::sort(files.begin(), files.end());
  return files;
}

std::string read_input_file(const std::filesystem::path& file) {
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (!stream || !(text << stream.rdbuf())) {
    throw std::invalid_argument("'" + file.string() +
                                "' cannot be read: " + std::generic_category().message(errno));
  }
  return std::move(text).str();
}

}  // namespace regatta
