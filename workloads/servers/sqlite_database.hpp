// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

namespace regatta {

/// Makes the SQLite file that the service "database" offers, with the tables of library_rows.hpp. A
/// function of the seed and the size. Throws std::runtime_error with SQLite's own words, also if
/// the file exists already.
void create_sqlite_database(const std::filesystem::path& file, std::uint64_t seed,
                            std::int64_t documents);

}  // namespace regatta
