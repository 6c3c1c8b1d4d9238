// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/workloads/temporary_directory.hpp"

namespace regatta::test {

/// What xmllint says of `xml` against tests/reports/junit.xsd; empty: it is valid.
inline std::string junit_complaints(const std::string& xml) {
  const temporary_directory folder;
  const auto file = folder.write("report.xml", xml);
  const std::string command =
      "xmllint --noout --nonet --schema '" REGATTA_JUNIT_SCHEMA "' '" + file.string() + "' 2>&1";
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return "popen failed";
  std::string said;
  std::array<char, 4096> part{};
  while (const std::size_t size = std::fread(part.data(), 1, part.size(), pipe)) {
    said.append(part.data(), size);
  }
  return ::pclose(pipe) == 0 ? "" : "xmllint (package libxml2-utils): " + said;
}

}  // namespace regatta::test
