// SPDX-License-Identifier: Apache-2.0
#include "harness/sql/sqlite_connection.hpp"

#include <sqlite3.h>

#include <stdexcept>

namespace regatta {
namespace {

[[noreturn]] void fail(sqlite3* connection, const std::string& during) {
  throw std::runtime_error("SQLite: " + during + ": " + sqlite3_errmsg(connection));
}

struct binder {
  sqlite3_stmt* statement;
  int position;
  int operator()(std::nullptr_t) const { return sqlite3_bind_null(statement, position); }
  int operator()(std::int64_t value) const {
    return sqlite3_bind_int64(statement, position, value);
  }
  int operator()(double value) const { return sqlite3_bind_double(statement, position, value); }
  // The text outlives the statement's run: no copy.
  int operator()(const std::string& value) const {
    return sqlite3_bind_text(statement, position, value.data(), static_cast<int>(value.size()),
                             SQLITE_STATIC);
  }
};

sql_value column(sqlite3_stmt* statement, int index) {
  switch (sqlite3_column_type(statement, index)) {
    case SQLITE_INTEGER:
      return std::int64_t{sqlite3_column_int64(statement, index)};
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, index);
    case SQLITE_NULL:
      return nullptr;
    default: {
      const auto* text = static_cast<const char*>(sqlite3_column_blob(statement, index));
      const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, index));
      return text == nullptr ? std::string() : std::string(text, size);
    }
  }
}

}  // namespace

void sqlite_connection::closer::operator()(sqlite3* connection) const noexcept {
  sqlite3_close_v2(connection);
}
void sqlite_connection::closer::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

sqlite_connection::sqlite_connection(const std::string& path) {
  sqlite3* raw = nullptr;
  // No mutex: the connection belongs to one thread, SQLite need not lock for it.
  const int code =
      sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  connection_.reset(raw);
  if (code != SQLITE_OK) fail(raw, "opening " + path);
  sqlite3_busy_timeout(raw, 5000);
}

sqlite3_stmt& sqlite_connection::prepared(const std::string& text) {
  auto& slot = statements_[text];
  if (slot == nullptr) {
    sqlite3_stmt* raw = nullptr;
    const int code = sqlite3_prepare_v2(connection_.get(), text.data(),
                                        static_cast<int>(text.size()), &raw, nullptr);
    if (code != SQLITE_OK) fail(connection_.get(), "preparing '" + text + "'");
    slot.reset(raw);
  }
  return *slot;
}

sql_rows sqlite_connection::run(const sql_query& query) {
  sqlite3_stmt* const statement = &prepared(query.text);
  struct reset_at_end {
    sqlite3_stmt* statement;
    ~reset_at_end() {
      sqlite3_reset(statement);
      sqlite3_clear_bindings(statement);  // they point into a query that is gone
    }
  } const reset{statement};
  int position = 0;
  for (const sql_value& parameter : query.parameters) {
    if (std::visit(binder{statement, ++position}, parameter) != SQLITE_OK) {
      fail(connection_.get(), "binding parameters of '" + query.text + "'");
    }
  }
  sql_rows rows;
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    sql_row& row = rows.emplace_back();
    const int columns = sqlite3_column_count(statement);
    row.reserve(static_cast<std::size_t>(columns));
    for (int i = 0; i < columns; ++i) row.push_back(column(statement, i));
  }
  if (code != SQLITE_DONE) fail(connection_.get(), "running '" + query.text + "'");
  return rows;
}

sqlite_connection& thread_sqlite_connection(const std::string& path) {
  thread_local std::map<std::string, sqlite_connection> connections;
  return connections.try_emplace(path, path).first->second;
}

}  // namespace regatta
