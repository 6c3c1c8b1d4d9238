// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "workloads/servers/postgresql_admin.hpp"

namespace regatta {

/// Makes a schema with the tables of library_rows.hpp and fills them: the rows of
/// create_sqlite_database with the same seed and size, compared by bytes as SQLite does. Throws
/// postgresql_error; then there is no such schema.
void create_postgresql_tables(postgresql_admin& connection, const std::string& schema,
                              std::uint64_t seed, std::int64_t documents);

/// "regatta_4711_1a2b": of this process, and unlike any other's on any machine.
std::string new_schema_name();

/// Drops schemas that a regatta has made that was killed: a living one has a connection that bears
/// the schema's name.
void drop_abandoned_schemas(postgresql_admin& connection);

}  // namespace regatta
