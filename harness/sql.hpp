// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace regatta {

using sql_value = std::variant<std::nullptr_t, std::int64_t, double, std::string>;
using sql_row = std::vector<sql_value>;
using sql_rows = std::vector<sql_row>;

/// One statement with positional parameters (`?`). Statements are prepared once per connection.
struct sql_query {
  std::string text;
  std::vector<sql_value> parameters;
};

}  // namespace regatta
