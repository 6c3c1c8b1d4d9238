// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/frame_text.hpp"

#include <fmt/format.h>

#include "harness/diagnostics/symbols.hpp"

namespace regatta::internal {

std::string frame_text(const source_frame& frame) {
  return fmt::format("{}{}{}", short_function_name(frame.function),
                     frame.place.known() ? " at " + to_string(frame.place) : "",
                     frame.inlined ? " (inlined)" : "");
}

std::string frames_text(const std::vector<source_frame>& frames) {
  std::string text;
  std::size_t skipped = 0;
  const auto tell_skipped = [&] {
    if (skipped != 0) text += fmt::format("      ({} library frames)\n", skipped);
    skipped = 0;
  };
  for (const source_frame& frame : frames) {
    if (is_library_frame(frame)) {
      ++skipped;
      continue;
    }
    tell_skipped();
    text += fmt::format("      {}\n", frame_text(frame));
  }
  tell_skipped();
  return text;
}

}  // namespace regatta::internal
