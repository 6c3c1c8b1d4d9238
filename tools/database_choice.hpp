// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "harness/run_plan.hpp"

namespace CLI {
class App;
}

namespace regatta {

/// --database, as every command that runs workloads has it; `of` comes before what it says.
void add_database_option(CLI::App& command, std::optional<std::string>& text,
                         const std::string& of = {});

/// Which database the plan's workloads query: sqlite, postgresql (a private server), or a
/// connection URL. Throws usage_error, `what` first, if it is none of these or nothing in the plan
/// queries one; never quotes a URL, which may hold a password.
void choose_database(run_plan& plan, const std::string& what,
                     const std::optional<std::string>& text);

/// Throws std::runtime_error with a sentence that says what to do if the plan's database cannot be
/// used: before anything is measured.
void check_database(const run_plan& plan);

}  // namespace regatta
