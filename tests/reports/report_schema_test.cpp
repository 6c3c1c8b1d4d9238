// SPDX-License-Identifier: Apache-2.0
#include "reports/report_schema.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "reports/json_report.hpp"
#include "tests/reports/measured.hpp"
#include "tests/reports/random_report.hpp"

namespace regatta::test {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

json schema_of(report_schema which) { return json::parse(text_of(which)); }

json small_report() {
  run_result run;
  run.card.emplace();
  run.workloads.push_back(measured({cell("a", around(100)), cell("b", around(50))}));
  return json::parse(render_json(run, {recommend(run.workloads[0], run)}));
}

std::vector<std::string> violations_after(const char* pointer, const json& value) {
  json report = small_report();
  report[json::json_pointer(pointer)] = value;
  return schema_violations(report, report_schema::run);
}

// Every rule of a schema, with a path for messages.
void walk(const json& rule, const std::string& path,
          const std::function<void(const json&, const std::string&)>& visit) {
  visit(rule, path);
  for (const char* group : {"properties", "definitions"}) {
    if (!rule.contains(group)) continue;
    for (const auto& [name, inner] : rule[group].items()) {
      walk(inner, path + "/" + group + "/" + name, visit);
    }
  }
  if (rule.contains("items")) walk(rule["items"], path + "/items", visit);
}

TEST(ReportSchema, HoldsForWhateverTheWriterWrites) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const auto made = invent_report(seed);
    const json report = json::parse(render_json(made.run, made.advice));
    ASSERT_THAT(schema_violations(report, report_schema::run), IsEmpty()) << "seed " << seed;
  }
}

TEST(ReportSchema, NamesWhatIsThereAndWhatMustBe) {
  EXPECT_THAT(violations_after("/seconds", "2.5"),
              ElementsAre("/seconds is \"2.5\"; it must be a number"));
  EXPECT_THAT(violations_after("/seconds", nullptr),
              ElementsAre("/seconds is null; it must be a number"));
  EXPECT_THAT(violations_after("/seconds", -1),
              ElementsAre("/seconds is -1; it must be at least 0"));
  EXPECT_THAT(violations_after("/schema_version", 7),
              ElementsAre("/schema_version is 7; it must be 2"));
  EXPECT_THAT(violations_after("/workloads/0/cells/1/epochs/2/items", 1.5),
              ElementsAre("/workloads/0/cells/1/epochs/2/items is 1.5; it must be a whole number"));
  EXPECT_THAT(violations_after("/workloads/0/kind", "gpu-bound"),
              ElementsAre("/workloads/0/kind is \"gpu-bound\"; it must be one of \"cpu-bound\", "
                          "\"io-bound\", \"mixed\""));
  EXPECT_THAT(violations_after("/method/confidence", 1),
              ElementsAre("/method/confidence is 1; it must be above 0 and below 1"));
  EXPECT_THAT(violations_after("/machine_card", 3),
              ElementsAre("/machine_card is 3; it must be an object or null"));
  EXPECT_THAT(violations_after("/workloads", json::object()),
              ElementsAre("/workloads is an object; it must be an array"));
  EXPECT_THAT(violations_after("/environment/load_average", {1, 2}),
              ElementsAre("/environment/load_average does not follow the schema: Array should "
                          "contain no fewer than 3 elements."));
  EXPECT_THAT(violations_after("/method/service_settings/a~1b", 1),
              ElementsAre("/method/service_settings/a~1b is 1; it must be a string"));
}

TEST(ReportSchema, NamesWhatIsMissing) {
  json report = small_report();
  report["workloads"][0]["cells"][0].erase("epochs");
  report.erase("suite");
  EXPECT_THAT(schema_violations(report, report_schema::run),
              ElementsAre("/workloads/0/cells/0 lacks 'epochs'", "the document lacks 'suite'"));
}

TEST(ReportSchema, StopsAtAsManyAsAreAskedFor) {
  json report = small_report();
  for (json& epoch : report["workloads"][0]["cells"][0]["epochs"]) epoch["items"] = -1;
  EXPECT_EQ(schema_violations(report, report_schema::run, 3).size(), 3U);
  EXPECT_EQ(schema_violations(report, report_schema::run).size(), 10U);
}

TEST(ReportSchema, NumbersBeyondTheirTypeAreRefused) {
  EXPECT_EQ(violations_after("/method/most_blocks", 1ULL << 32U).size(), 1U);
  EXPECT_EQ(violations_after("/workloads/0/cells/0/items", ~0ULL).size(), 1U);
  EXPECT_THAT(violations_after("/method/seed", ~0ULL), IsEmpty()) << "seeds use all 64 bits";
}

TEST(ReportSchema, UnknownFieldsAreAllowed) {
  EXPECT_THAT(violations_after("/environment/moon", "full"), IsEmpty());
}

// A field that is added later without a new schema version cannot be required.
const std::set<std::string> added_later{"/definitions/method/blocked_over_seconds",
                                        "/definitions/method/interpreter_lock",
                                        "/definitions/phase/peer",  // only of upstream
                                        "/definitions/environment/database",
                                        "/definitions/cell/findings",
                                        "/definitions/cell/measures",
                                        "/definitions/cell/file_reads"};

TEST(ReportSchema, DescribesEveryFieldAndRequiresIt) {
  for (const auto which : all_report_schemas) {
    const json schema = schema_of(which);
    walk(schema, "", [&](const json& rule, const std::string& path) {
      if (rule.contains("properties")) {
        std::set<std::string> names;
        for (const auto& [name, inner] : rule["properties"].items()) {
          const bool is_required = name != "$schema" && added_later.count(path + "/" + name) == 0;
          if (is_required) names.insert(name);
          const bool elsewhere = inner.contains("$ref");
          EXPECT_TRUE(elsewhere || inner.contains("description")) << path << "/" << name;
        }
        auto required = rule.at("required").get<std::set<std::string>>();
        required.erase("$schema");
        EXPECT_EQ(required, names) << path;
      }
      if (rule.contains("$ref")) {
        const std::string target = rule["$ref"].get<std::string>().substr(1);
        ASSERT_TRUE(schema.contains(json::json_pointer(target))) << path << " " << target;
        EXPECT_TRUE(schema[json::json_pointer(target)].contains("description")) << target;
      }
    });
  }
}

// What an object has that its rule does not name.
void expect_named(const json& schema, json rule, const json& value, const std::string& path) {
  if (rule.contains("anyOf")) rule = rule["anyOf"][0];
  if (rule.contains("$ref")) {
    rule = schema[json::json_pointer(rule["$ref"].get<std::string>().substr(1))];
  }
  if (value.is_array() && !value.empty()) {
    for (const json& each : value) expect_named(schema, rule.at("items"), each, path + "[]");
  }
  if (!value.is_object() || rule.contains("additionalProperties")) return;
  for (const auto& [name, inner] : value.items()) {
    ASSERT_TRUE(rule.at("properties").contains(name)) << path << "/" << name;
    expect_named(schema, rule["properties"][name], inner, path + "/" + name);
  }
}

TEST(ReportSchema, NamesEveryFieldThatIsWritten) {
  const json schema = schema_of(report_schema::run);
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto made = invent_report(seed);
    const json report = json::parse(render_json(made.run, made.advice));
    ASSERT_NO_FATAL_FAILURE(expect_named(schema, schema, report, ""));
  }
}

TEST(ReportSchema, WhatSeveralReportsHaveIsDescribedAlike) {
  std::map<std::string, json> known;
  std::size_t common = 0;
  for (const auto which : all_report_schemas) {
    const json schema = schema_of(which);
    EXPECT_EQ(schema["properties"]["generator"],
              schema_of(report_schema::run)["properties"]["generator"]);
    for (const auto& [name, rule] : schema["definitions"].items()) {
      const auto [first, is_new] = known.try_emplace(name, rule);
      if (is_new) continue;
      ++common;
      EXPECT_EQ(rule, first->second) << name << " of " << file_name_of(which);
    }
  }
  EXPECT_GE(common, 20U);
}

}  // namespace
}  // namespace regatta::test
