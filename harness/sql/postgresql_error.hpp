// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace regatta {

/// What PostgreSQL answered, or libpq about it: "PostgreSQL: " and their own words in one line.
class postgresql_error : public std::runtime_error {
 public:
  explicit postgresql_error(const std::string& words)
      : std::runtime_error("PostgreSQL: " + words) {}
};

}  // namespace regatta
