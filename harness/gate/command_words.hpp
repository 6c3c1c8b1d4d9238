// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace regatta {

/// Splits a command line as a shell would that knows quotes and nothing else: words end at blanks,
/// '…' and "…" hold them together, a backslash takes the next character as it is (inside "…" only
/// before " and \; inside '…' never). Throws std::invalid_argument, with a sentence, for a quote
/// without its end, for nothing at all, and for | & ; < > $ ` outside of '…': who writes these
/// wants a shell, and gets an argument.
std::vector<std::string> split_command(std::string_view line);

/// A program and what it is given.
struct command_words {
  std::string program;  ///< a path
  std::vector<std::string> arguments;
};

/// The program of that name, even if its path has blanks in it; else what split_command() makes of
/// the text. Throws std::invalid_argument, with a sentence, also if there is no such program.
command_words parse_command(const std::string& text);

}  // namespace regatta
