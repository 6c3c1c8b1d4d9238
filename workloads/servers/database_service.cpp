// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include "harness/service.hpp"
#include "workloads/servers/library_rows.hpp"
#include "workloads/servers/postgresql_database.hpp"
#include "workloads/servers/sqlite_database.hpp"

namespace regatta {
namespace {

class sqlite_database final : public running_service {
 public:
  explicit sqlite_database(std::filesystem::path file) : file_(std::move(file)) {}
  std::string endpoint() const override { return file_.string(); }
  std::string description() const override {
    return fmt::format("SQLite {}, embedded", sqlite3_libversion());
  }
  std::optional<std::string> failure() override {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(file_, ignored)) return std::nullopt;
    return "the database file '" + file_.string() + "' is gone";
  }

 private:
  std::filesystem::path file_;
};

std::unique_ptr<running_service> start(const service_options& options) {
  if (!options.database.empty()) return start_postgresql(options);
  for (const auto& [key, text] : options.settings) {
    if (key.starts_with("database.")) {
      throw std::invalid_argument("setting " + key + " is for PostgreSQL: see --database");
    }
  }
  auto file = options.directory / "database.sqlite";
  create_sqlite_database(file, options.seed, library_documents(options.scale));
  return std::make_unique<sqlite_database>(std::move(file));
}

const service_registration registered("database", start);

}  // namespace
}  // namespace regatta
