// SPDX-License-Identifier: Apache-2.0
#include "reports/report_schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "reports/schema_texts.hpp"  // made by CMake from schema/*.json

namespace regatta {
namespace {

using nlohmann::json;
using adapter = valijson::adapters::NlohmannJsonAdapter;
using steps = std::vector<std::string>;  // member names and indices, from the root

struct loaded_schema {
  explicit loaded_schema(report_schema which) : source(json::parse(text_of(which))) {
    valijson::SchemaParser().populateSchema(adapter(source), compiled);
  }
  json source;
  valijson::Schema compiled;
};

template <report_schema which>
const loaded_schema& loaded() {
  static const loaded_schema one(which);
  return one;
}

const loaded_schema& schema(report_schema which) {
  using enum report_schema;
  switch (which) {
    case run:
      break;
    case gate:
      return loaded<gate>();
    case profile:
      return loaded<profile>();
    case load:
      return loaded<load>();
    case load_knee:
      return loaded<load_knee>();
    case doctor:
      return loaded<doctor>();
    case crossover:
      return loaded<crossover>();
  }
  return loaded<run>();
}

// valijson's context is "<root>", "[workloads]", "[0]" …
steps steps_of(const std::vector<std::string>& context) {
  steps path;
  for (std::size_t i = 1; i < context.size(); ++i) {
    path.push_back(context[i].substr(1, context[i].size() - 2));
  }
  return path;
}

json::json_pointer pointer_of(const steps& path) {
  json::json_pointer pointer;
  for (const std::string& step : path) pointer /= step;
  return pointer;
}

const json& resolved(const json& root, const json& rule) {
  const auto reference = rule.find("$ref");
  if (reference == rule.end()) return rule;
  return root.at(json::json_pointer(reference->get<std::string>().substr(1)));  // without its '#'
}

// What the schema says of the value there. Of alternatives the first: the other one is null.
json rule_at(const json& root, const steps& path) {
  const json* rule = &root;
  for (const std::string& step : path) {
    if (rule->contains("anyOf")) rule = &resolved(root, rule->at("anyOf").at(0));
    const auto properties = rule->find("properties");
    const bool named = properties != rule->end() && properties->contains(step);
    rule = &resolved(root, named                     ? properties->at(step)
                           : rule->contains("items") ? rule->at("items")
                                                     : rule->at("additionalProperties"));
  }
  if (!rule->contains("anyOf")) return *rule;
  json nullable = resolved(root, rule->at("anyOf").at(0));
  nullable["type"] = {nullable.at("type"), "null"};
  return nullable;
}

std::vector<std::string> types_of(const json& rule) {
  const json& types = rule.at("type");
  return types.is_string() ? std::vector{types.get<std::string>()}
                           : types.get<std::vector<std::string>>();
}

std::string with_article(const std::string& type) {
  if (type == "null") return type;
  if (type == "integer") return "a whole number";
  return (type == "array" || type == "object" ? "an " : "a ") + type;
}

std::string shown(const json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array";
  const std::string text = value.dump(-1, ' ', true);  // ASCII: it can be cut anywhere
  return text.size() > 60 ? text.substr(0, 57) + "…" : text;
}

bool has_type_of(const json& rule, const json& value) {
  const auto types = types_of(rule);
  return std::any_of(types.begin(), types.end(), [&](const std::string& type) {
    return type == value.type_name() || (type == "integer" && value.is_number_integer());
  });
}

bool is_about_type(const std::string& description) {
  return description.find("'type'") != std::string::npos;
}

// valijson's own descriptions say neither what is there nor what is allowed.
std::string sentence(const json& rule, const json& value, const std::string& description) {
  constexpr std::string_view missing = "Missing required property ";
  if (description.starts_with(missing)) {
    return "lacks " + description.substr(missing.size(), description.size() - missing.size() - 1);
  }
  const std::string is = "is " + shown(value) + "; it must be ";
  if (is_about_type(description)) {
    std::vector<std::string> names;
    for (const std::string& type : types_of(rule)) names.push_back(with_article(type));
    return is + fmt::format("{}", fmt::join(names, " or "));
  }
  if (rule.contains("const")) return is + rule["const"].dump();
  if (rule.contains("enum")) {
    std::vector<std::string> names;
    for (const auto& each : rule["enum"]) names.push_back(each.dump());
    return is + "one of " + fmt::format("{}", fmt::join(names, ", "));
  }
  if (!value.is_number()) return "does not follow the schema: " + description;
  std::vector<std::string> bounds;
  for (const auto& [key, words] : {std::pair("minimum", "at least"),
                                   {"exclusiveMinimum", "above"},
                                   {"maximum", "at most"},
                                   {"exclusiveMaximum", "below"}}) {
    if (rule.contains(key)) bounds.push_back(fmt::format("{} {}", words, rule[key].dump()));
  }
  return is + fmt::format("{}", fmt::join(bounds, " and "));
}

}  // namespace

std::string_view kind_name(report_schema which) {
  using enum report_schema;
  switch (which) {
    case run:
      break;
    case gate:
      return "gate";
    case profile:
      return "profile";
    case load:
      return "load";
    case load_knee:
      return "load-knee";
    case doctor:
      return "doctor";
    case crossover:
      return "crossover";
  }
  return "run";
}

std::string file_name_of(report_schema which) {
  return fmt::format("{}-report.schema.json", kind_name(which));
}

std::string_view text_of(report_schema which) {
  using enum report_schema;
  switch (which) {
    case run:
      break;
    case gate:
      return gate_report_schema;
    case profile:
      return profile_report_schema;
    case load:
      return load_report_schema;
    case load_knee:
      return load_knee_report_schema;
    case doctor:
      return doctor_report_schema;
    case crossover:
      return crossover_report_schema;
  }
  return run_report_schema;
}

std::vector<std::string> schema_violations(const json& document, report_schema which,
                                           std::size_t most) {
  const loaded_schema& against = schema(which);
  valijson::ValidationResults results;
  valijson::Validator().validate(against.compiled, adapter(document), &results);
  std::vector<std::string> sentences;
  for (const auto& [context, description] : results) {
    if (description.starts_with("Failed to validate ")) continue;  // all that is around a fault
    const steps path = steps_of(context);
    const json::json_pointer pointer = pointer_of(path);
    const json rule = rule_at(against.source, path);
    const json& value = document.at(pointer);
    // Of a nullable object with a fault, valijson also says that it is not null.
    if (is_about_type(description) && has_type_of(rule, value)) continue;
    const std::string where = path.empty() ? "the document" : pointer.to_string();
    std::string fault = where + " " + sentence(rule, value, description);
    if (std::find(sentences.begin(), sentences.end(), fault) != sentences.end()) continue;
    if (sentences.size() == most) break;
    sentences.push_back(std::move(fault));
  }
  return sentences;
}

}  // namespace regatta
