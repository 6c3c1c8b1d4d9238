// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/sqlite_database.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "harness/service.hpp"
#include "workloads/counter_random.hpp"
#include "workloads/generated_text.hpp"

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

std::int64_t drawn(counter_random& random, std::uint64_t bound) {
  return static_cast<std::int64_t>(random.below(bound));
}

std::string capitalised(std::string_view word) {
  std::string text(word);
  text[0] = static_cast<char>(text[0] - 'a' + 'A');  // the vocabulary is lower case
  return text;
}

void write_authors(new_database& database, std::uint64_t seed, std::int64_t count) {
  insertion author(database, "INSERT INTO authors VALUES (?, ?)");
  for (std::int64_t id = 0; id < count; ++id) {
    counter_random random(seed, mix64(static_cast<std::uint64_t>(id)));
    const std::string first = capitalised(random_word(random));
    const std::string last = capitalised(random_topic(random));
    author(id, std::string_view(first + ' ' + last));
  }
}

void write_documents(new_database& database, std::uint64_t seed, std::int64_t count,
                     std::int64_t authors) {
  insertion document(database, "INSERT INTO documents VALUES (?, ?, ?, ?, ?)");
  insertion keyword(database, "INSERT INTO keywords VALUES (?, ?, ?)");
  for (std::int64_t id = 0; id < count; ++id) {
    counter_random random(seed, static_cast<std::uint64_t>(id));
    std::set<std::string_view> topics;
    while (topics.size() < 4) topics.insert(random_topic(random));
    for (const std::string_view topic : topics) keyword(id, topic, 1 + drawn(random, 1000));

    const std::string title =
        capitalised(*topics.begin()) + " and " + std::string(*topics.rbegin());
    const std::int64_t author_id = drawn(random, static_cast<std::uint64_t>(authors));
    const std::int64_t year = 1950 + drawn(random, 75);
    const std::string body = generated_text(random, 160);
    document(id, std::string_view(title), author_id, year, std::string_view(body));
  }
}

class sqlite_database final : public running_service {
 public:
  explicit sqlite_database(std::filesystem::path file) : file_(std::move(file)) {}
  std::string endpoint() const override { return file_.string(); }
  std::optional<std::string> failure() override {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(file_, ignored)) return std::nullopt;
    return "the database file '" + file_.string() + "' is gone";
  }

 private:
  std::filesystem::path file_;
};

std::int64_t document_count(dataset_scale scale) {
  switch (scale) {
    case dataset_scale::quick:
      return 20'000;
    case dataset_scale::standard:
      return 100'000;
    case dataset_scale::full:
      return 400'000;
  }
  throw std::logic_error("unknown dataset scale");
}

std::unique_ptr<running_service> start(const service_options& options) {
  auto file = options.directory / "database.sqlite";
  create_sqlite_database(file, options.seed, document_count(options.scale));
  return std::make_unique<sqlite_database>(std::move(file));
}

const service_registration registered("database", start);

}  // namespace

void create_sqlite_database(const std::filesystem::path& file, std::uint64_t seed,
                            std::int64_t documents) {
  const std::int64_t authors = std::max<std::int64_t>(1, documents / 100);
  new_database database(file);
  database.execute(schema);
  write_authors(database, seed, authors);
  write_documents(database, seed, documents, authors);
  database.execute(finish);
}

}  // namespace regatta
