// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/postgresql_tables.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <random>
#include <string_view>

#include "workloads/servers/library_rows.hpp"

namespace regatta {
namespace {

// COLLATE "C": texts are ordered by their bytes, whatever the database's locale is.
constexpr const char* tables = R"(
  CREATE TABLE authors(id bigint PRIMARY KEY, name text COLLATE "C" NOT NULL);
  CREATE TABLE documents(id bigint PRIMARY KEY, title text COLLATE "C" NOT NULL,
                         author_id bigint NOT NULL, year bigint NOT NULL,
                         body text COLLATE "C" NOT NULL);
  CREATE TABLE keywords(document_id bigint NOT NULL, keyword text COLLATE "C" NOT NULL,
                        weight bigint NOT NULL);
)";

constexpr std::size_t part_size = 64U << 10U;  // of a COPY

/// What `line` appends for 0, 1, 2 … until `count`, in parts.
template <class Line>
auto in_parts(std::int64_t count, Line line) {
  return [count, line, id = std::int64_t{0}]() mutable {
    std::string part;
    while (id < count && part.size() < part_size) line(part, id++);
    return part;
  };
}

}  // namespace

std::string new_schema_name() {
  std::random_device random;
  return fmt::format("regatta_{}_{:x}", ::getpid(), random() & 0xffffffU);
}

void drop_abandoned_schemas(postgresql_admin& connection) {
  const auto abandoned = connection.execute(
      "SELECT nspname FROM pg_namespace WHERE nspname ~ '^regatta_[0-9]+_[0-9a-f]+$' "
      "AND pg_has_role(nspowner, 'USAGE') AND NOT EXISTS "
      "(SELECT FROM pg_stat_activity WHERE application_name = nspname)");
  for (const auto& row : abandoned) {
    connection.execute("DROP SCHEMA IF EXISTS " + connection.quoted(row[0]) + " CASCADE");
  }
}

void create_postgresql_tables(postgresql_admin& connection, const std::string& schema,
                              std::uint64_t seed, std::int64_t documents) {
  const std::int64_t authors = library_authors(documents);
  connection.execute(fmt::format("BEGIN; CREATE SCHEMA {0}; SET search_path = {0};{1}",
                                 connection.quoted(schema), tables));
  try {
    connection.copy("COPY authors FROM STDIN (FREEZE)",
                    in_parts(authors, [seed](std::string& text, std::int64_t id) {
                      const library_author author = make_library_author(seed, id);
                      text += fmt::format("{}\t{}\n", author.id, copy_text(author.name));
                    }));
    std::string keywords;
    connection.copy(
        "COPY documents FROM STDIN (FREEZE)",
        in_parts(documents, [seed, authors, &keywords](std::string& text, std::int64_t id) {
          const library_document made = make_library_document(seed, id, authors);
          text += fmt::format("{}\t{}\t{}\t{}\t{}\n", made.id, copy_text(made.title),
                              made.author_id, made.year, copy_text(made.body));
          for (const auto& [keyword, weight] : made.keywords) {
            keywords += fmt::format("{}\t{}\t{}\n", id, copy_text(keyword), weight);
          }
        }));
    std::string_view left = keywords;
    connection.copy("COPY keywords FROM STDIN (FREEZE)", [&left] {
      const std::string part(left.substr(0, part_size));
      left.remove_prefix(part.size());
      return part;
    });
    connection.execute(
        "CREATE INDEX keywords_by_weight ON keywords(keyword, weight DESC, document_id); COMMIT");
    connection.execute("VACUUM ANALYZE authors, documents, keywords");
  } catch (...) {
    try {
      connection.execute("ROLLBACK; DROP SCHEMA IF EXISTS " + connection.quoted(schema) +
                         " CASCADE");
    } catch (const postgresql_error&) {
      // the connection is gone, and with it what was not committed
    }
    throw;
  }
}

}  // namespace regatta
