// SPDX-License-Identifier: Apache-2.0
#include "tools/stored_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <system_error>

#include "harness/platform/read_file.hpp"
#include "reports/gate_reader.hpp"
#include "reports/load_reader.hpp"
#include "reports/printable.hpp"
#include "reports/profile_reader.hpp"
#include "reports/stored_json.hpp"
#include "tools/usage_error.hpp"

namespace regatta {
namespace {

// Names in a file may have line breaks and escape sequences.
std::string on_one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char each) { return static_cast<unsigned char>(each) < ' '; },
      '?');
  return text;
}

void make_printable(nlohmann::json& value) {
  if (value.is_string()) {
    value = printable(value.get_ref<const std::string&>());
  } else if (value.is_array()) {
    for (auto& each : value) make_printable(each);
  } else if (value.is_object()) {
    auto cleaned = nlohmann::json::object();
    for (auto& [name, each] : value.items()) {
      make_printable(each);
      cleaned[printable(name)] = std::move(each);
    }
    value = std::move(cleaned);
  }
}

template <class Read>
auto load(const std::filesystem::path& file, Read read) {
  try {
    const buffer text = read_whole_file(file);
    return read(parse_stored_json(as_text(text)));
  } catch (const bad_report& error) {
    throw usage_error(fmt::format("{} {}", file.string(), on_one_line(error.what())));
  } catch (const std::system_error& error) {
    throw usage_error(fmt::format("there is no report to read: {}", error.what()));
  }
}

stored_file read_stored(const nlohmann::json& document) {
  const report_schema kind = kind_of(document);
  switch (kind) {
    case report_schema::gate:
      return read_gate_report(document);
    case report_schema::profile:
      return read_profile_report(document);
    case report_schema::load:
      return read_load_report(document);
    case report_schema::run:
      return read_parsed_report(document);
    default:
      check_stored_json(document, kind, 1);
      return checked_report{kind};
  }
}

}  // namespace

loaded_file load_stored(const std::filesystem::path& file) {
  return load(file, [](const nlohmann::json& document) {
    loaded_file loaded{read_stored(document), {}};
    nlohmann::json cleaned = document;
    make_printable(cleaned);
    if (cleaned != document) loaded.printable = read_stored(cleaned);
    return loaded;
  });
}

stored_report load_report(const std::filesystem::path& file) {
  return load(file, [](nlohmann::json document) {
    make_printable(document);
    return read_parsed_report(document);
  });
}

}  // namespace regatta
