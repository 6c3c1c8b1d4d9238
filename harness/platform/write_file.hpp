// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace regatta {

/// Writes to a temporary file beside `path` and renames it: `path` is whole or as it was. Of a
/// symbolic link, the file it means; a device or a pipe is written into. Throws std::system_error.
void write_file(const std::filesystem::path& path, const std::string& content);

/// Whether a file could be written to `path`, before hours are spent on it: creates and removes a
/// temporary one beside it. Throws std::system_error.
void check_writable(const std::filesystem::path& path);

}  // namespace regatta
