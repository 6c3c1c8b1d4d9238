// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/requests/request_names.hpp"

#include <algorithm>
#include <cctype>

namespace regatta::profiling {
namespace {

bool is_digit(char character) { return character >= '0' && character <= '9'; }

// A number, or long and hexadecimal with a digit in it, as UUIDs and digests are.
bool is_identifier(std::string_view part) {
  if (part.empty()) return false;
  if (std::all_of(part.begin(), part.end(), is_digit)) return true;
  return part.size() >= 16 && std::any_of(part.begin(), part.end(), is_digit) &&
         std::all_of(part.begin(), part.end(), [](char character) {
           return std::isxdigit(static_cast<unsigned char>(character)) != 0 || character == '-';
         });
}

std::string fold(std::string_view path) {
  std::string folded;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    const std::string_view part = path.substr(1, end - 1);
    folded += '/';
    if (is_identifier(part)) {
      folded += '*';
    } else {
      folded += part;
    }
    path.remove_prefix(end);
  }
  return folded;
}

bool is_path(char character) { return character > ' ' && character < '\x7f'; }

}  // namespace

std::string request_class_name(std::string_view first_bytes) {
  if (first_bytes.empty() || first_bytes.front() == '\0') return "(unnamed)";
  if (first_bytes.size() >= 2 && first_bytes[0] >= '\x14' && first_bytes[0] <= '\x17' &&
      first_bytes[1] == '\x03') {
    return "(unreadable)";
  }
  if (first_bytes.starts_with("PRI * HTTP/2")) return "(HTTP/2)";
  const std::size_t blank = first_bytes.find(' ');
  if (blank == first_bytes.npos || blank < 3 ||
      !std::all_of(first_bytes.begin(), first_bytes.begin() + static_cast<std::ptrdiff_t>(blank),
                   [](char character) { return character >= 'A' && character <= 'Z'; })) {
    return "(binary)";
  }
  std::string_view path = first_bytes.substr(blank + 1);
  const bool whole = path.find_first_of(" ?\r\n") != path.npos;
  path = path.substr(0, path.find_first_of(" ?#\r\n"));
  if (path.empty() || path.front() != '/' || !std::all_of(path.begin(), path.end(), is_path)) {
    return std::string(first_bytes.substr(0, blank));
  }
  return std::string(first_bytes.substr(0, blank + 1)) + fold(path) + (whole ? "" : "…");
}

}  // namespace regatta::profiling
