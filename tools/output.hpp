// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "tools/terminal.hpp"

namespace regatta {

/// What every verb does with its words: results on stdout, the rest on stderr.

/// "auto", "always" or "never", as --color takes it. Throws usage_error.
color_mode parse_color(const std::string& text);

/// One sentence on stderr: "regatta: …".
void warn(const std::string& sentence);

/// To stdout. exit_error, with a warning, if it cannot be written.
int print_result(const std::string& text);

/// To a file, as write_file() does. exit_error, with a warning, if it cannot be written.
int store_result(const std::filesystem::path& file, const std::string& text);

}  // namespace regatta
