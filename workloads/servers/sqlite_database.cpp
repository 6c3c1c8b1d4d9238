// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/sqlite_database.hpp"

#include <sqlite3.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "workloads/servers/library_rows.hpp"

namespace regatta {
namespace {

// The file is made once and only read afterwards: nothing is gained by surviving a power cut.
constexpr const char* schema = R"(
  PRAGMA journal_mode = OFF;
  PRAGMA synchronous = OFF;
  PRAGMA cache_size = -131072;
  CREATE TABLE authors(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
  CREATE TABLE documents(id INTEGER PRIMARY KEY, title TEXT NOT NULL, author_id INTEGER NOT NULL,
                         year INTEGER NOT NULL, body TEXT NOT NULL);
  CREATE TABLE keywords(document_id INTEGER NOT NULL, keyword TEXT NOT NULL, weight INTEGER NOT NULL);
  BEGIN;
)";

constexpr const char* finish = R"(
  CREATE INDEX keywords_by_weight ON keywords(keyword, weight DESC, document_id);
  ANALYZE;
  COMMIT;
)";

struct closer {
  void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

void check(sqlite3* connection, int code) {
  if (code == SQLITE_OK || code == SQLITE_DONE) return;
  throw std::runtime_error(std::string("making the SQLite database: ") +
                           sqlite3_errmsg(connection));
}

/// A file being written. Thread safety: one thread.
class new_database {
 public:
  explicit new_database(const std::filesystem::path& file) {
    if (std::filesystem::exists(file)) {
      throw std::runtime_error("making the SQLite database: '" + file.string() +
                               "' exists already");
    }
    sqlite3* raw = nullptr;
    const int code =
        sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
    connection_.reset(raw);
    check(raw, code);
  }
  void execute(const char* statements) {
    check(connection_.get(),
          sqlite3_exec(connection_.get(), statements, nullptr, nullptr, nullptr));
  }
  sqlite3* get() const { return connection_.get(); }

 private:
  std::unique_ptr<sqlite3, closer> connection_;
};

/// One INSERT, prepared: insert(1, "text").
class insertion {
 public:
  insertion(const new_database& database, const char* text) : connection_(database.get()) {
    sqlite3_stmt* raw = nullptr;
    check(connection_, sqlite3_prepare_v2(connection_, text, -1, &raw, nullptr));
    statement_.reset(raw);
  }

  template <class... Values>
  void operator()(const Values&... values) {
    int position = 0;
    (check(connection_, bind(++position, values)), ...);
    check(connection_, sqlite3_step(statement_.get()));
    sqlite3_reset(statement_.get());
  }

 private:
  int bind(int position, std::int64_t value) {
    return sqlite3_bind_int64(statement_.get(), position, value);
  }
  // SQLITE_STATIC: the text outlives the step, and nothing looks at it later.
  int bind(int position, std::string_view value) {
    return sqlite3_bind_text(statement_.get(), position, value.data(),
                             static_cast<int>(value.size()), SQLITE_STATIC);
  }

  sqlite3* connection_;
  std::unique_ptr<sqlite3_stmt, closer> statement_;
};

void write_authors(new_database& database, std::uint64_t seed, std::int64_t count) {
  insertion insert(database, "INSERT INTO authors VALUES (?, ?)");
  for (std::int64_t id = 0; id < count; ++id) {
    const library_author author = make_library_author(seed, id);
    insert(author.id, std::string_view(author.name));
  }
}

void write_documents(new_database& database, std::uint64_t seed, std::int64_t count,
                     std::int64_t authors) {
  insertion insert_document(database, "INSERT INTO documents VALUES (?, ?, ?, ?, ?)");
  insertion insert_keyword(database, "INSERT INTO keywords VALUES (?, ?, ?)");
  for (std::int64_t id = 0; id < count; ++id) {
    const library_document document = make_library_document(seed, id, authors);
    for (const auto& [keyword, weight] : document.keywords) insert_keyword(id, keyword, weight);
    insert_document(id, std::string_view(document.title), document.author_id, document.year,
                    std::string_view(document.body));
  }
}

}  // namespace

void create_sqlite_database(const std::filesystem::path& file, std::uint64_t seed,
                            std::int64_t documents) {
  const std::int64_t authors = library_authors(documents);
  new_database database(file);
  database.execute(schema);
  write_authors(database, seed, authors);
  write_documents(database, seed, documents, authors);
  database.execute(finish);
}

}  // namespace regatta
