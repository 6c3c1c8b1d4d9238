// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "harness/workload_info.hpp"

namespace regatta {

/// Small text files in one folder: the service "files", whose address is the folder.
std::size_t text_file_count(dataset_scale scale);
std::filesystem::path text_file_path(const std::filesystem::path& folder, std::size_t number);

/// Throws std::runtime_error if the folder is there already, or cannot be written.
void create_text_files(const std::filesystem::path& folder, std::uint64_t seed, std::size_t count);

}  // namespace regatta
