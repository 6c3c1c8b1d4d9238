// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include "harness/sql.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace regatta {

/// A read-only connection to an SQLite file, with its statements prepared once.
/// Thread safety: one thread.
class sqlite_connection {
 public:
  /// Throws std::runtime_error with SQLite's own words.
  explicit sqlite_connection(const std::string& path);
  sql_rows run(const sql_query& query);

 private:
  struct closer {
    void operator()(sqlite3* connection) const noexcept;
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  sqlite3_stmt& prepared(const std::string& text);

  std::unique_ptr<sqlite3, closer> connection_;
  std::map<std::string, std::unique_ptr<sqlite3_stmt, closer>> statements_;
};

/// This thread's own connection to `path`, opened when first asked for, closed with the thread.
sqlite_connection& thread_sqlite_connection(const std::string& path);

}  // namespace regatta
