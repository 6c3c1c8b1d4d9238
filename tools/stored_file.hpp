// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <variant>

#include "harness/gate/gate_result.hpp"
#include "harness/profiling/profile_result.hpp"
#include "reports/report_reader.hpp"
#include "reports/report_schema.hpp"

namespace regatta {

/// One that can be checked and not be rendered: of a doctor, of a crossover, of a search for a
/// knee.
struct checked_report {
  report_schema kind;
};

using stored_file = std::variant<stored_report, gate_result, profiling::profile_result,
                                 http_load::load_result, checked_report>;

/// A file and, if it has names or sentences that a terminal must not be given, the same with them
/// made printable (reports/printable.hpp): whoever wrote the file may have put anything in them.
struct loaded_file {
  stored_file content;
  std::optional<stored_file> printable;

  const stored_file& for_terminal() const { return printable ? *printable : content; }
};

/// What a command of regatta wrote to this file as JSON. Throws usage_error with a sentence that
/// names the file.
loaded_file load_stored(const std::filesystem::path& file);

/// The same, printable, and it is a run's.
stored_report load_report(const std::filesystem::path& file);

}  // namespace regatta
