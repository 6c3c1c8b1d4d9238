// SPDX-License-Identifier: Apache-2.0
#include "harness/sql/postgresql_session.hpp"

#include <libpq-fe.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <string_view>
#include <utility>

namespace regatta {
namespace {

constexpr int text_format = 0;

std::string field_of(const PGresult* result, int field) {
  const char* const text = PQresultErrorField(result, field);
  return text != nullptr ? text : "";
}

std::string refusal_of(const PGresult* result) {
  const std::string primary = field_of(result, PG_DIAG_MESSAGE_PRIMARY);
  return in_one_line(primary.empty() ? PQresultErrorMessage(result) : primary);
}

bool is_last_word(const PGresult* result) {
  const std::string severity = field_of(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  return severity == "FATAL" || severity == "PANIC";
}

sql_rows rows_of(const PGresult* result) {
  const int columns = PQnfields(result);
  sql_rows rows(static_cast<std::size_t>(PQntuples(result)));
  for (int i = 0; i < PQntuples(result); ++i) {
    sql_row& row = rows[static_cast<std::size_t>(i)];
    row.reserve(static_cast<std::size_t>(columns));
    for (int j = 0; j < columns; ++j) {
      if (PQgetisnull(result, i, j) != 0) {
        row.emplace_back(nullptr);
        continue;
      }
      const std::string_view text(PQgetvalue(result, i, j),
                                  static_cast<std::size_t>(PQgetlength(result, i, j)));
      row.push_back(value_of(PQftype(result, j), text));
    }
  }
  return rows;
}

}  // namespace

void postgresql_session::closer::operator()(PGconn* connection) const noexcept {
  PQfinish(connection);
}
void postgresql_session::closer::operator()(PGresult* result) const noexcept { PQclear(result); }

postgresql_session::postgresql_session(const std::string& url)
    : connection_(PQconnectStart(url.c_str())) {
  if (connection_ == nullptr) throw std::bad_alloc();
  PQsetNoticeReceiver(connection_.get(), &remember_notice, this);
  if (PQstatus(connection_.get()) == CONNECTION_BAD) lose();
}

postgresql_session::~postgresql_session() = default;

void postgresql_session::remember_notice(void* self, const PGresult* notice) {
  static_cast<postgresql_session*>(self)->notice_ = refusal_of(notice);
}

int postgresql_session::socket() const { return PQsocket(connection_.get()); }

void postgresql_session::lose() {
  stage_ = stage::lost;
  const std::string words = in_one_line(PQerrorMessage(connection_.get()));
  throw postgresql_error(!notice_.empty() ? notice_
                         : words.empty()  ? "the connection was lost"
                                          : words);
}

socket_need postgresql_session::go_on_connecting() {
  if (first_poll_) {  // PQconnectPoll wants the socket to be writable when it is first called
    first_poll_ = false;
    return socket_need::writable;
  }
  switch (PQconnectPoll(connection_.get())) {
    case PGRES_POLLING_READING:
      return socket_need::readable;
    case PGRES_POLLING_WRITING:
      return socket_need::writable;
    case PGRES_POLLING_OK:
      PQsetnonblocking(connection_.get(), 1);
      stage_ = stage::idle;
      return socket_need::nothing;
    default:
      lose();
  }
}

void postgresql_session::send(const sql_query& query) {
  parameters_.clear();
  for (const sql_value& each : query.parameters) parameters_.push_back(parameter_text(each));
  rows_.clear();
  refusal_.reset();
  notice_.clear();
  const auto known = std::find_if(statements_.begin(), statements_.end(), [&](const auto& each) {
    return std::equal(each->types.begin(), each->types.end(), query.parameters.begin(),
                      query.parameters.end(),
                      [](postgresql_type type, const sql_value& value) {
                        return type == parameter_type(value);
                      }) &&
           each->text == query.text;
  });
  if (known != statements_.end()) {
    current_ = known->get();
    execute();
    return;
  }
  auto fresh = std::make_unique<statement>();
  fresh->name = "s" + std::to_string(statements_.size());
  fresh->text = query.text;
  for (const sql_value& each : query.parameters) fresh->types.push_back(parameter_type(each));
  current_ = fresh.get();
  statements_.push_back(std::move(fresh));
  stage_ = stage::preparing;
  const std::string text = numbered_placeholders(query.text);
  if (PQsendPrepare(connection_.get(), current_->name.c_str(), text.c_str(),
                    static_cast<int>(current_->types.size()), current_->types.data()) == 0) {
    lose();
  }
  flush();
}

void postgresql_session::execute() {
  std::vector<const char*> values;
  for (const auto& each : parameters_) values.push_back(each ? each->c_str() : nullptr);
  stage_ = stage::running;
  if (PQsendQueryPrepared(connection_.get(), current_->name.c_str(),
                          static_cast<int>(values.size()), values.data(), nullptr, nullptr,
                          text_format) == 0) {
    lose();
  }
  flush();
}

void postgresql_session::flush() {
  const int left = PQflush(connection_.get());
  if (left < 0) lose();
  unsent_ = left > 0;
  may_read_ = false;
}

void postgresql_session::take(const PGresult& result) {
  const ExecStatusType status = PQresultStatus(&result);
  if (status == PGRES_TUPLES_OK) {
    rows_ = rows_of(&result);
  } else if (status != PGRES_COMMAND_OK && !refusal_) {
    refusal_ = refusal_of(&result);
    hung_up_ = is_last_word(&result);
  }
}

void postgresql_session::refuse() {
  if (hung_up_ || PQstatus(connection_.get()) != CONNECTION_OK) {
    stage_ = stage::lost;
    // "server closed the connection unexpectedly" is less than what the server said before it did.
    throw postgresql_error(hung_up_ || notice_.empty() ? *refusal_ : notice_);
  }
  const bool unprepared = stage_ == stage::preparing;
  const std::string during = unprepared ? "preparing '" + current_->text + "': " : "";
  if (unprepared) statements_.pop_back();
  stage_ = stage::idle;
  throw postgresql_error(during + *refusal_);
}

socket_need postgresql_session::advance() {
  if (stage_ == stage::connecting) return go_on_connecting();
  if (unsent_) {
    flush();
    if (unsent_) return socket_need::writable;
  }
  // A failure to read is told by the result that follows.
  if (may_read_ && PQconsumeInput(connection_.get()) == 0 && PQisBusy(connection_.get()) != 0) {
    lose();
  }
  may_read_ = true;
  while (PQisBusy(connection_.get()) == 0) {
    const std::unique_ptr<PGresult, closer> result(PQgetResult(connection_.get()));
    if (result != nullptr) {
      take(*result);
      continue;
    }
    if (refusal_) refuse();
    if (stage_ == stage::running) {
      stage_ = stage::idle;
      return socket_need::nothing;
    }
    execute();
    if (unsent_) return socket_need::writable;
  }
  return socket_need::readable;
}

sql_rows postgresql_session::take_rows() { return std::move(rows_); }

bool postgresql_session::idle() const {
  return stage_ == stage::idle && PQstatus(connection_.get()) == CONNECTION_OK &&
         PQtransactionStatus(connection_.get()) == PQTRANS_IDLE;
}

bool postgresql_session::gone_meanwhile() const {
  char byte = 0;
  const ssize_t got = ::recv(socket(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

}  // namespace regatta
