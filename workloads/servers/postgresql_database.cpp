// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/postgresql_database.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "harness/sql/postgresql_endpoint.hpp"
#include "workloads/servers/database_connections.hpp"
#include "workloads/servers/library_rows.hpp"
#include "workloads/servers/postgresql_admin.hpp"
#include "workloads/servers/postgresql_tables.hpp"
#include "workloads/servers/private_postgresql.hpp"

namespace regatta {
namespace {

constexpr unsigned kept_free = 2;  // for the administrator, and for our own questions
constexpr const char* connections_setting = "database.connections";

// Connections that the server, the database and the user still allow; -1 is no limit.
constexpr const char* connections_left = R"(
  SELECT least(
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
      - count(datid),
    (SELECT CASE WHEN datconnlimit >= 0 THEN datconnlimit END FROM pg_database
     WHERE datname = current_database()) - count(*) FILTER (WHERE datname = current_database()),
    (SELECT CASE WHEN rolconnlimit >= 0 THEN rolconnlimit END FROM pg_roles
     WHERE rolname = current_user) - count(*) FILTER (WHERE usename = current_user))
  FROM pg_stat_activity)";

std::string own_option(const std::string& given, const std::string& schema) {
  // The server looks whether its client is still there so often while it runs a query: whoever
  // closes the connection at a deadline ends the query with it.
  const std::string ours =
      fmt::format("-c search_path={} -c client_connection_check_interval=100", schema);
  return given.empty() ? ours : given + ' ' + ours;
}

unsigned per_loop(const service_options& options) {
  unsigned chosen = postgresql_endpoint{}.per_loop;
  for (const auto& [key, text] : options.settings) {
    if (!key.starts_with("database.")) continue;
    if (key != connections_setting) {
      throw std::invalid_argument(
          fmt::format("there is no setting '{}'; there is {}", key, connections_setting));
    }
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), chosen);
    if (error != std::errc() || stop != text.data() + text.size() || chosen == 0 ||
        chosen > 10000) {
      throw std::invalid_argument(
          fmt::format("setting {}: '{}' is not a number from 1 to 10000", key, text));
    }
  }
  return chosen;
}

void require_permission(postgresql_admin& connection) {
  const auto rows = connection.execute(
      "SELECT has_database_privilege(current_database(), 'CREATE'), current_user, "
      "current_database()");
  if (rows[0][0] == "t") return;
  throw std::runtime_error(fmt::format(
      "user {0} may not make a schema in database {1}: GRANT CREATE ON DATABASE {1} TO {0}, or use "
      "another user or database",
      connection.quoted(rows[0][1]), connection.quoted(rows[0][2])));
}

class postgresql_database final : public running_service {
 public:
  postgresql_database(const service_options& options, std::unique_ptr<private_postgresql> server)
      : server_(std::move(server)),
        schema_(new_schema_name()),
        per_loop_(per_loop(options)),
        url_(server_ != nullptr ? server_->url() : options.database) {
    connect();
    require_permission(*admin_);
    if (server_ == nullptr) drop_abandoned_schemas(*admin_);
    create_postgresql_tables(*admin_, schema_, options.seed, library_documents(options.scale));
    left_ = static_cast<unsigned>(std::max(0, std::stoi(admin_->execute(connections_left)[0][0])));
    endpoint_ = {.url = cell_url(), .per_loop = per_loop_, .per_process = left_};
  }

  ~postgresql_database() override {
    if (server_ != nullptr) return;  // its data goes with it
    try {
      try {
        drop();
      } catch (const std::runtime_error&) {  // the server was restarted meanwhile
        connect();
        drop();
      }
    } catch (const std::exception&) {
      // A destructor reports nothing; the next run drops what this one had to leave.
    }
  }

  std::string endpoint() const override { return to_text(endpoint_); }

  std::string endpoint_for(const workload_plan& plan) const override {
    postgresql_endpoint shared = endpoint_;
    shared.per_process = connections_per_process(plan, left_ > kept_free ? left_ - kept_free : 0);
    return to_text(shared);
  }

  std::string description() const override {
    return fmt::format("PostgreSQL {}, {}", version_,
                       server_ != nullptr ? "private to the run" : place_);
  }

  std::optional<std::string> failure() override {
    if (server_ != nullptr) {
      if (auto ended = server_->failure()) return ended;
    }
    try {
      try {
        look();
      } catch (const postgresql_error&) {
        connect();  // it was restarted, perhaps
        look();
      }
    } catch (const std::exception& error) {
      return error.what();
    }
    return std::nullopt;
  }

 private:
  void connect() {
    connection_options options = parse_connection_url(url_);
    // By this name others see that the schema's owner is alive.
    options["application_name"] = schema_;
    admin_ = std::make_unique<postgresql_admin>(std::move(options));
    version_ = admin_->version();
    place_ = admin_->place();
  }

  std::string cell_url() const {
    connection_options options = admin_->options();
    options["application_name"] = "regatta";
    options["options"] = own_option(options["options"], schema_);
    return connection_url(options);
  }

  void look() {
    const auto found = admin_->execute(
        fmt::format("SELECT EXISTS (SELECT FROM {}.documents)", admin_->quoted(schema_)));
    if (found[0][0] != "t") throw std::runtime_error("PostgreSQL: the run's tables are empty");
  }

  void drop() { admin_->execute("DROP SCHEMA IF EXISTS " + admin_->quoted(schema_) + " CASCADE"); }

  const std::unique_ptr<private_postgresql> server_;  ///< null: somebody else's is used
  const std::string schema_;
  const unsigned per_loop_;
  const std::string url_;
  std::unique_ptr<postgresql_admin> admin_;
  std::string version_, place_;
  unsigned left_ = 0;  ///< connections for the run's cells
  postgresql_endpoint endpoint_;
};

}  // namespace

std::unique_ptr<running_service> start_postgresql(const service_options& options) {
  std::unique_ptr<private_postgresql> server;
  if (options.database == private_database) server = std::make_unique<private_postgresql>();
  return std::make_unique<postgresql_database>(options, std::move(server));
}

void check_postgresql(const std::string& database) {
  if (database == private_database) {
    if (const auto why = private_postgresql::why_unavailable()) throw std::runtime_error(*why);
    return;
  }
  postgresql_admin connection(parse_connection_url(database));
  require_permission(connection);
}

}  // namespace regatta
