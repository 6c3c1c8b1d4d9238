// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "harness/service.hpp"

namespace regatta {

/// What `--database` says when the run shall start a server of its own.
constexpr const char* private_database = "postgresql";

/// The service "database" on PostgreSQL: on the run's own server, or in a schema of its own on
/// somebody's, which is dropped at the end. REQUIRES: options.database names one of the two.
std::unique_ptr<running_service> start_postgresql(const service_options& options);

/// Throws std::runtime_error with a sentence that says what to do if start_postgresql() would fail:
/// no server answers, the password is wrong, no schema may be made.
void check_postgresql(const std::string& database);

}  // namespace regatta
