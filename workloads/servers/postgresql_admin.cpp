// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/postgresql_admin.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <stdexcept>
#include <string_view>

#include "harness/sql/postgresql_text.hpp"

namespace regatta {
namespace {

// The oldest that is maintained, and the first to notice during a query that its client is gone.
constexpr int oldest_server = 140000;
constexpr const char* connect_seconds = "10";

struct result_closer {
  void operator()(PGresult* result) const noexcept { PQclear(result); }
};
using result_pointer = std::unique_ptr<PGresult, result_closer>;

bool went_well(const PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_IN;
}

std::string advice_after(PGconn* failed) {
  if (PQconnectionNeedsPassword(failed) != 0) {
    return "give the password in PGPASSWORD or in ~/.pgpass";
  }
  if (PQconnectionUsedPassword(failed) != 0) {
    return "check the user and the password, which may also come from PGPASSWORD or ~/.pgpass";
  }
  return "check that it runs, and host, port, user and database";
}

}  // namespace

void postgresql_admin::closer::operator()(PGconn* connection) const noexcept {
  PQfinish(connection);
}

postgresql_admin::postgresql_admin(connection_options options) : options_(std::move(options)) {
  options_.try_emplace("connect_timeout", connect_seconds);
  options_["client_encoding"] = "UTF8";
  connection_.reset(PQconnectdb(connection_url(options_).c_str()));
  PGconn* const raw = connection_.get();
  PQsetNoticeReceiver(
      raw, [](void*, const PGresult*) {}, nullptr);
  if (PQstatus(raw) != CONNECTION_OK) {
    throw std::runtime_error(
        fmt::format("PostgreSQL: {}: {}", in_one_line(PQerrorMessage(raw)), advice_after(raw)));
  }
  if (const auto why = too_old(PQserverVersion(raw))) throw std::runtime_error(*why);
}

void postgresql_admin::fail() const {
  throw postgresql_error(in_one_line(PQerrorMessage(connection_.get())));
}

postgresql_admin::text_rows postgresql_admin::execute(const std::string& statements) {
  const result_pointer result(PQexec(connection_.get(), statements.c_str()));
  if (!went_well(result.get())) fail();
  text_rows rows(static_cast<std::size_t>(PQntuples(result.get())));
  for (int i = 0; i < PQntuples(result.get()); ++i) {
    for (int j = 0; j < PQnfields(result.get()); ++j) {
      rows[static_cast<std::size_t>(i)].emplace_back(PQgetvalue(result.get(), i, j));
    }
  }
  return rows;
}

void postgresql_admin::copy(const std::string& statement,
                            const std::function<std::string()>& next) {
  execute(statement);
  for (std::string part = next(); !part.empty(); part = next()) {
    if (PQputCopyData(connection_.get(), part.data(), static_cast<int>(part.size())) != 1) fail();
  }
  if (PQputCopyEnd(connection_.get(), nullptr) != 1) fail();
  bool well = true;
  for (;;) {
    const result_pointer result(PQgetResult(connection_.get()));
    if (result == nullptr) break;
    well = well && went_well(result.get());
  }
  if (!well) fail();
}

std::string postgresql_admin::quoted(const std::string& name) const {
  char* const text = PQescapeIdentifier(connection_.get(), name.data(), name.size());
  if (text == nullptr) fail();
  std::string copy = text;
  PQfreemem(text);
  return copy;
}

std::string postgresql_admin::version() const {
  return version_text(PQserverVersion(connection_.get()));
}

std::string postgresql_admin::place() const {
  return fmt::format("{}:{}/{}", PQhost(connection_.get()), PQport(connection_.get()),
                     PQdb(connection_.get()));
}

connection_options postgresql_admin::options() const {
  connection_options same = options_;
  same["host"] = PQhost(connection_.get());
  same["port"] = PQport(connection_.get());
  same.erase("hostaddr");
  // Unix sockets have a path and no address.
  const std::string address = PQhostaddr(connection_.get());
  if (!address.empty() && !same["host"].starts_with('/')) same["hostaddr"] = address;
  return same;
}

std::optional<std::string> too_old(int server_version) {
  if (server_version >= oldest_server) return std::nullopt;
  return fmt::format("the server is PostgreSQL {}; regatta needs {} or later: use a newer one",
                     version_text(server_version), oldest_server / 10000);
}

std::string version_text(int server_version) {
  const int major = server_version / 10000;
  if (major < 10) return fmt::format("{}.{}", major, server_version / 100 % 100);  // 9.6.24
  return fmt::format("{}.{}", major, server_version % 10000);
}

std::string copy_text(std::string_view value) {
  std::string text;
  for (const char each : value) {
    switch (each) {
      case '\\':
        text += "\\\\";
        break;
      case '\t':
        text += "\\t";
        break;
      case '\n':
        text += "\\n";
        break;
      case '\r':
        text += "\\r";
        break;
      default:
        text += each;
    }
  }
  return text;
}

}  // namespace regatta
