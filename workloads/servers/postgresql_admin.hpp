// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/sql/postgresql_endpoint.hpp"
#include "harness/sql/postgresql_error.hpp"

struct pg_conn;

namespace regatta {

/// A connection for setting up: makes tables and fills them, and blocks while it does. Thread
/// safety: one thread.
class postgresql_admin {
 public:
  using text_rows = std::vector<std::vector<std::string>>;  ///< NULL is empty

  /// Throws std::runtime_error with a sentence that says what to do, if the server does not answer,
  /// does not let us in, or is too old.
  explicit postgresql_admin(connection_options options);

  /// One or more statements without parameters; the rows of the last. Throws postgresql_error.
  text_rows execute(const std::string& statements);
  /// COPY … FROM STDIN, the parts of the text as they come: `next` answers an empty one at the end.
  void copy(const std::string& statement, const std::function<std::string()>& next);
  std::string quoted(const std::string& name) const;

  /// "15.18"
  std::string version() const;
  /// Where the connection goes, without name and password: "127.0.0.1:5432/postgres".
  std::string place() const;
  /// The options by which this very server is found again, without asking a name server.
  connection_options options() const;

 private:
  struct closer {
    void operator()(pg_conn* connection) const noexcept;
  };
  [[noreturn]] void fail() const;

  connection_options options_;
  std::unique_ptr<pg_conn, closer> connection_;
};

/// What to do about a server of this version (150018 is 15.18), if it is too old.
std::optional<std::string> too_old(int server_version);
/// 150018 → "15.18"
std::string version_text(int server_version);

/// One value of COPY's text format.
std::string copy_text(std::string_view value);

}  // namespace regatta
