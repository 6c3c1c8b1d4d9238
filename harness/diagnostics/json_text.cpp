// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/json_text.hpp"

#include <fmt/format.h>

namespace regatta::internal {

std::string json_quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      result += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string json_place(const source_place& place) {
  if (!place.known()) return "null";
  return fmt::format(R"({{"file":{},"line":{}}})", json_quoted(place.file), place.line);
}

std::string json_frames(const std::vector<source_frame>& frames) {
  std::string list;
  for (const source_frame& frame : frames) {
    list += fmt::format(R"({}{{"function":{},"place":{}}})", list.empty() ? "" : ",",
                        json_quoted(frame.function), json_place(frame.place));
  }
  return "[" + list + "]";
}

}  // namespace regatta::internal
