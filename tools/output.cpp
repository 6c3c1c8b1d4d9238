// SPDX-License-Identifier: Apache-2.0
#include "tools/output.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "harness/platform/write_file.hpp"
#include "tools/exit_codes.hpp"
#include "tools/usage_error.hpp"

namespace regatta {

color_mode parse_color(const std::string& text) {
  if (text == "auto") return color_mode::automatic;
  if (text == "always") return color_mode::always;
  if (text == "never") return color_mode::never;
  throw usage_error("--color takes auto, always or never, not '" + text + "'");
}

void warn(const std::string& sentence) { std::fprintf(stderr, "regatta: %s\n", sentence.c_str()); }

int print_result(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) {
    return exit_fine;
  }
  warn(fmt::format("writing to stdout: {}", std::generic_category().message(errno)));
  return exit_error;
}

int store_result(const std::filesystem::path& file, const std::string& text) {
  try {
    write_file(file, text);
    return exit_fine;
  } catch (const std::system_error& error) {
    warn(error.what());
    return exit_error;
  }
}

}  // namespace regatta
