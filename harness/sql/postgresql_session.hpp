// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/sql.hpp"
#include "harness/sql/postgresql_error.hpp"
#include "harness/sql/postgresql_text.hpp"

struct pg_conn;
struct pg_result;

namespace regatta {

/// What has to happen to a session's socket before the session can go on.
enum class socket_need { nothing, readable, writable };

/// A connection to PostgreSQL that never waits: whoever drives it waits for its socket, in the
/// manner of his colour. Statements are prepared once.
///
///   postgresql_session session(url);
///   for (socket_need need; (need = session.advance()) != socket_need::nothing;) wait(need);
///   session.send(query);
///   for (socket_need need; (need = session.advance()) != socket_need::nothing;) wait(need);
///   sql_rows rows = session.take_rows();
///
/// While it connects the socket may be another one after every advance(), under the same number.
/// Throws postgresql_error. Thread safety: one thread at a time.
class postgresql_session {
 public:
  /// Begins to connect. REQUIRES: names of hosts come with hostaddr, or it waits for the resolver.
  explicit postgresql_session(const std::string& url);
  ~postgresql_session();
  postgresql_session(const postgresql_session&) = delete;
  postgresql_session& operator=(const postgresql_session&) = delete;

  /// As far as it goes; nothing: it is connected, or the rows are there.
  socket_need advance();
  int socket() const;

  /// REQUIRES: idle().
  void send(const sql_query& query);
  sql_rows take_rows();

  /// Connected, with nothing asked, unread or half done: fit for the next query.
  bool idle() const;
  /// Nobody is at the other end any more, or has something to say that nobody asked for. One system
  /// call. REQUIRES: idle().
  bool gone_meanwhile() const;

 private:
  enum class stage { connecting, idle, preparing, running, lost };
  struct statement {
    std::string name;
    std::string text;
    std::vector<postgresql_type> types;  ///< of its parameters: other types are another statement
  };
  struct closer {
    void operator()(pg_conn* connection) const noexcept;
    void operator()(pg_result* result) const noexcept;
  };

  static void remember_notice(void* self, const pg_result* notice);
  socket_need go_on_connecting();
  void execute();
  void flush();
  void take(const pg_result& result);
  [[noreturn]] void lose();
  [[noreturn]] void refuse();

  std::unique_ptr<pg_conn, closer> connection_;
  stage stage_ = stage::connecting;
  bool first_poll_ = true;
  bool unsent_ = false;    ///< libpq has more to send than the socket took
  bool may_read_ = false;  ///< the socket was waited for
  std::string notice_;     ///< the last thing the server said unasked: why it hangs up
  std::vector<std::unique_ptr<statement>> statements_;
  statement* current_ = nullptr;
  std::vector<std::optional<std::string>> parameters_;
  std::optional<std::string> refusal_;  ///< of the statement that runs
  bool hung_up_ = false;                ///< the refusal was the server's last word
  sql_rows rows_;
};

}  // namespace regatta
