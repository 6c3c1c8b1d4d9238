// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "reports/report_schema.hpp"

namespace regatta {

/// Why a file is not a report that can be read: a sentence without a full stop that goes on after
/// the file's name, like "is empty".
struct bad_report : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A JSON document that some regatta wrote. Throws bad_report, which says where the text is no
/// JSON, or whose JSON it is.
nlohmann::json parse_stored_json(std::string_view text);

/// Which report a document from parse_stored_json() is. Throws bad_report if it is none.
report_schema kind_of(const nlohmann::json& document);

/// Where a member of `document` is not what `again` has, which was written from what was read: as a
/// sentence that begins with a JSON pointer. Whatever follows from other members, or may not be
/// there because of them, comes out otherwise if somebody changed it by hand. Members that `again`
/// lacks do not count.
std::optional<std::string> first_difference(const nlohmann::json& document,
                                            const nlohmann::json& again, const char* part);

/// Throws bad_report unless the document has this version and follows its schema.
void check_stored_json(const nlohmann::json& document, report_schema which, int version);

}  // namespace regatta
