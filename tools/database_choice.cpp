// SPDX-License-Identifier: Apache-2.0
#include "tools/database_choice.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <stdexcept>

#include "harness/sql/postgresql_endpoint.hpp"
#include "harness/workload.hpp"
#include "tools/usage_error.hpp"
#include "workloads/servers/postgresql_database.hpp"

namespace regatta {
namespace {

bool queries_a_database(const workload_plan& plan) {
  const auto& needs = workloads().at(plan.workload).info.needs;
  return std::find(needs.begin(), needs.end(), "database") != needs.end();
}

}  // namespace

void add_database_option(CLI::App& command, std::optional<std::string>& text,
                         const std::string& of) {
  command
      .add_option("--database", text,
                  of + "sqlite (default), postgresql (a private server), or a server's URL like "
                       "postgresql://user@host:5432/database")
      ->type_name("NAME|URL");
}

void choose_database(run_plan& plan, const std::string& what,
                     const std::optional<std::string>& text) {
  if (!text) return;
  if (std::none_of(plan.workloads.begin(), plan.workloads.end(), queries_a_database)) {
    throw usage_error(what + ": none of these workloads queries a database; db-query and rag do");
  }
  if (*text == "sqlite") return;
  if (*text != private_database) {
    if (!is_postgresql(*text)) {
      throw usage_error(what +
                        " takes sqlite, postgresql (a private server) or the URL of a server like "
                        "postgresql://user@host:5432/database");
    }
    try {
      parse_connection_url(*text);
    } catch (const std::invalid_argument& error) {
      throw usage_error(what + ": " + error.what());
    }
  }
  plan.database = *text;
}

void check_database(const run_plan& plan) {
  if (plan.database.empty()) return;
  try {
    check_postgresql(plan.database);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(std::string("--database: ") + error.what());
  }
}

}  // namespace regatta
