// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace regatta {

/// The regular files below `directory` that are not empty, sorted by path. Throws
/// std::invalid_argument, with a sentence for the user, if there is none, or no such directory, or
/// if they hold more than 256 MiB.
std::vector<std::filesystem::path> input_files(const std::filesystem::path& directory);

/// A whole file. Throws std::invalid_argument naming the file and the reason.
std::string read_input_file(const std::filesystem::path& file);

}  // namespace regatta
