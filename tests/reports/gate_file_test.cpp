// SPDX-License-Identifier: Apache-2.0
#include "reports/gate_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace regatta::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string complaint_about(const std::string& text) {
  try {
    parse_gate_file(text, "gate.json");
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), AllOf(StartsWith("gate.json"), Not(HasSubstr("\n")),
                                    Not(HasSubstr("json.exception"))));
    return error.what();
  }
  return "no complaint";
}

std::string complaint_about_rule(const std::string& members) {
  return complaint_about(R"({"rules": [{"match": "*"}, {"match": "BM_*", )" + members + "}]}");
}

TEST(GateFile, IsReadInItsOrder) {
  const auto rules = parse_gate_file(R"({
    // the usual
    "rules": [
      {"match": "*", "margin": "10%"},
      {"match": "BM_*", "metric": "items_per_second", "direction": "larger", "margin": "2.5 %",
       "mode": "warn", "mute_until": "2028-02-29", "reason": "leap"}
    ]})",
                                     "gate.json");
  ASSERT_EQ(rules.size(), 2U);
  EXPECT_EQ(rules[0].pattern, "*");
  EXPECT_DOUBLE_EQ(rules[0].margin, 0.1);
  EXPECT_EQ(rules[0].mode, gate_mode::block);
  EXPECT_EQ(rules[0].direction, std::nullopt);
  EXPECT_EQ(rules[1].metric, "items_per_second");
  EXPECT_EQ(rules[1].direction, gate_direction::larger);
  EXPECT_DOUBLE_EQ(rules[1].margin, 0.025);
  EXPECT_EQ(rules[1].mode, gate_mode::warn);
  EXPECT_EQ(rules[1].mute_until, "2028-02-29");
  EXPECT_EQ(rules[1].reason, "leap");
  EXPECT_TRUE(parse_gate_file(R"({"rules": []})", "gate.json").empty());
}

TEST(GateFile, WhatARuleDoesNotSayIsTheDefault) {
  gate_rule defaults;
  defaults.margin = 0.2;
  defaults.mode = gate_mode::warn;
  const auto rules = parse_gate_file(
      R"({"rules": [{"match": "a"}, {"match": "b", "margin": "1%", "mode": "block"}]})",
      "gate.json", defaults);
  EXPECT_EQ(rules[0].margin, 0.2);
  EXPECT_EQ(rules[0].mode, gate_mode::warn);
  EXPECT_EQ(rules[1].margin, 0.01);
  EXPECT_EQ(rules[1].mode, gate_mode::block);
}

TEST(GateFile, ThatIsNotJsonSaysWhere) {
  EXPECT_THAT(complaint_about("{\n  \"rules\": [\n    {\"match\": }\n]}"),
              AllOf(StartsWith("gate.json, line 3, column 15: not JSON"), HasSubstr("'}'")));
  EXPECT_THAT(complaint_about("rules:"), StartsWith("gate.json, line 1, column 1: not JSON"));
  EXPECT_THAT(complaint_about(""), StartsWith("gate.json, line 1, column 1: not JSON"));
  EXPECT_THAT(complaint_about("{\"rules\": []"), StartsWith("gate.json, line 1, column 13"));
  EXPECT_THAT(complaint_about("{\"rules\": [\"\xff\"]}"),
              StartsWith("gate.json, line 1, column 1"));
  EXPECT_THAT(complaint_about("{\"rules\": [\"two\nlines\"]}"), HasSubstr("not JSON"));
}

TEST(GateFile, OfTheWrongFormShowsTheRightOne) {
  EXPECT_THAT(complaint_about("[]"), HasSubstr("{\"rules\": […]}"));
  EXPECT_THAT(complaint_about("{}"), HasSubstr("rules is missing"));
  EXPECT_THAT(complaint_about(R"({"rules": {}})"), HasSubstr("not a list"));
  EXPECT_THAT(complaint_about(R"({"rules": ["BM_*"]})"),
              AllOf(StartsWith("gate.json, rule 1: "), HasSubstr("not \"BM_*\"")));
}

TEST(GateFile, AnUnknownKeyIsNamedWithWhatWasMeant) {
  EXPECT_EQ(complaint_about(R"({"rule": []})"),
            "gate.json: unknown key 'rule'; did you mean 'rules'?");
  EXPECT_EQ(complaint_about_rule(R"("mute-until": "2026-01-01")"),
            "gate.json, rule 2: unknown key 'mute-until'; did you mean 'mute_until'?");
  EXPECT_THAT(complaint_about_rule(R"("threshold": "5%")"), HasSubstr("there are: match, metric"));
}

TEST(GateFile, AWrongTypeIsNamedWithWhatItShouldBe) {
  EXPECT_EQ(complaint_about_rule(R"("metric": 5)"),
            "gate.json, rule 2: metric is a text in quotes, not 5");
  EXPECT_THAT(complaint_about_rule(R"("mode": null)"), HasSubstr("mode is a text in quotes"));
  EXPECT_THAT(complaint_about_rule(R"("reason": [])"), HasSubstr("reason is a text in quotes"));
  EXPECT_THAT(complaint_about_rule(R"("metric": "")"), HasSubstr("metric is empty"));
}

TEST(GateFile, AMarginIsAPercentage) {
  for (const char* wrong : {"0.05", "5", "\"5\"", "\"five%\"", "\"-1%\"", "\"1001%\"", "\"nan%\"",
                            "\"5%%\"", "null", "\" 5%\""}) {
    EXPECT_THAT(complaint_about_rule(std::string("\"margin\": ") + wrong),
                AllOf(HasSubstr("rule 2: margin is a text like \"5%\""), HasSubstr(wrong)));
  }
  EXPECT_EQ(parse_margin("0%"), 0.0);
  EXPECT_EQ(parse_margin("1000%"), 10.0);
  EXPECT_EQ(parse_margin(""), std::nullopt);
}

TEST(GateFile, AModeOrDirectionIsOneOfThose) {
  EXPECT_EQ(complaint_about_rule(R"("mode": "fail")"),
            "gate.json, rule 2: mode is block or warn or off, not 'fail'");
  EXPECT_EQ(complaint_about_rule(R"("direction": "up")"),
            "gate.json, rule 2: direction is smaller or larger, not 'up'");
}

TEST(GateFile, ARuleSaysWhatItIsFor) {
  EXPECT_THAT(complaint_about(R"({"rules": [{"margin": "5%"}]})"), HasSubstr("match is missing"));
  EXPECT_THAT(complaint_about(R"({"rules": [{"match": ""}]})"), HasSubstr("match is empty"));
}

TEST(GateFile, ABadGlobIsRefused) {
  EXPECT_THAT(complaint_about(R"({"rules": [{"match": "BM_[a"}]})"),
              AllOf(HasSubstr("'BM_[a'"), HasSubstr("without its ']'")));
  EXPECT_THAT(complaint_about(R"({"rules": [{"match": "[!]"}]})"), HasSubstr("without its ']'"));
  EXPECT_THAT(complaint_about(R"({"rules": [{"match": "BM_\\"}]})"), HasSubstr("backslash"));
  for (const char* fine : {"BM_[ab]", "[]]", "[!]x]*", R"(BM_\\[a)", "a]b", "**"}) {
    EXPECT_EQ(complaint_about(std::string(R"({"rules": [{"match": ")") + fine + "\"}]}"),
              "no complaint");
  }
}

TEST(GateFile, MutingNeedsADateThatExistsAndAReason) {
  for (const char* wrong : {"2026-02-29", "2026-13-01", "2026-1-1", "31.03.2026", "tomorrow",
                            "2026-03-31T00:00", "2026-03-3x", "-026-03-31"}) {
    EXPECT_THAT(
        complaint_about_rule(std::string(R"("reason": "why", "mute_until": ")") + wrong + "\""),
        AllOf(HasSubstr("mute_until is a date like 2026-03-31"), HasSubstr(wrong)));
  }
  EXPECT_THAT(complaint_about_rule(R"("mute_until": "2026-03-31")"),
              HasSubstr("mute_until without a reason"));
  EXPECT_EQ(complaint_about_rule(R"("reason": "why", "mute_until": "2028-02-29")"), "no complaint");
}

}  // namespace
}  // namespace regatta::test
