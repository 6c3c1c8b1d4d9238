// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

namespace regatta {

/// Makes the SQLite file that the service "database" offers:
///
///   authors(id, name)
///   documents(id, title, author_id, year, body)      year 1950 … 2024
///   keywords(document_id, keyword, weight)           4 a document, weight 1 … 1000
///
/// with an index on keywords(keyword, weight DESC, document_id). A function of the seed and the
/// size. Throws std::runtime_error with SQLite's own words, also if the file exists already.
void create_sqlite_database(const std::filesystem::path& file, std::uint64_t seed,
                            std::int64_t documents);

}  // namespace regatta
