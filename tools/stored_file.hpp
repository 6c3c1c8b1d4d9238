// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <variant>

#include "harness/gate/gate_result.hpp"
#include "reports/report_reader.hpp"

namespace regatta {

using stored_file = std::variant<stored_report, gate_result>;

/// What `regatta run` or `regatta gate` wrote to this file. Throws usage_error with a sentence that
/// names the file.
stored_file load_stored(const std::filesystem::path& file);

/// The same, and it is a run's.
stored_report load_report(const std::filesystem::path& file);

}  // namespace regatta
