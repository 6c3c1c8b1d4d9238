// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "harness/bytes.hpp"

namespace regatta {

/// A whole regular file. Throws std::system_error that names the path.
buffer read_whole_file(const std::filesystem::path& path);

}  // namespace regatta
