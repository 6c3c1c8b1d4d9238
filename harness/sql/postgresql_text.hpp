// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harness/sql.hpp"

namespace regatta {

// How statements and values of sql.hpp are said to PostgreSQL, so that its answers are those of
// SQLite. Pure functions.

/// A type's number in PostgreSQL's catalogue: fixed for ever for those built in (pg_type.dat).
using postgresql_type = unsigned;

/// `?` → `$1`, `$2` …, and `?7` → `$7`; not inside quotes and comments. As in SQLite a `?` is one
/// more than the largest number before it.
std::string numbered_placeholders(std::string_view text);

/// nullopt for NULL. Throws std::invalid_argument for a text with a zero byte, which PostgreSQL
/// cannot hold.
std::optional<std::string> parameter_text(const sql_value& value);
/// bigint, double precision or text; 0, which lets the server decide, for NULL.
postgresql_type parameter_type(const sql_value& value);

/// A column's value from its text. Integers and booleans are integers, as is a numeric without a
/// fraction (the sum of bigints); other numbers are doubles (an average is numeric, and has one).
/// Everything else is text. Throws std::invalid_argument for what is no such value.
sql_value value_of(postgresql_type type, std::string_view text);

/// What the server or libpq said, in one line without its final full stop.
std::string in_one_line(std::string_view words);

}  // namespace regatta
