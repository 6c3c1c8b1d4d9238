// SPDX-License-Identifier: Apache-2.0
#include "reports/gate_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "reports/gate_json.hpp"
#include "reports/stored_json.hpp"
#include "tests/reports/judged.hpp"

namespace regatta::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string refusal_after(const std::function<void(json&)>& change) {
  json document = json::parse(render_gate_json(mixed_gate()));
  change(document);
  try {
    read_gate_report(parse_stored_json(document.dump()));
  } catch (const bad_report& error) {
    return error.what();
  }
  return "it was read";
}

TEST(GateReader, IsTheInverseOfTheWriter) {
  const std::string text = render_gate_json(mixed_gate());
  EXPECT_EQ(render_gate_json(read_gate_report(parse_stored_json(text))), text);
}

TEST(GateReader, RefusesWhatBreaksTheSchema) {
  EXPECT_THAT(refusal_after([](json& gate) { gate["comparisons"][0]["verdict"] = "splendid"; }),
              HasSubstr("/comparisons/0/verdict is \"splendid\"; it must be one of "));
  EXPECT_THAT(refusal_after([](json& gate) {
                gate["comparisons"][0]["screening"]["pairs"][1]["baseline"] = "fast";
              }),
              HasSubstr("/comparisons/0/screening/pairs/1/baseline is \"fast\""));
  EXPECT_THAT(refusal_after([](json& gate) { gate["self_check"] = 3; }),
              HasSubstr("/self_check is 3; it must be an object or null"));
  EXPECT_THAT(refusal_after([](json& gate) {
                gate["self_check"] = gate["comparisons"][0];
                gate["self_check"]["unit"] = 3;
              }),
              StartsWith("was changed by hand or damaged: /self_check/unit is 3; it must be a "
                         "string"));
}

TEST(GateReader, RefusesWhatContradictsItself) {
  EXPECT_THAT(refusal_after([](json& gate) { gate["complete"] = !gate["complete"]; }),
              HasSubstr("contradicts itself: /complete is"));
  EXPECT_THAT(refusal_after([](json& gate) { gate["blocks"] = !gate["blocks"]; }),
              HasSubstr("contradicts itself: /blocks is"));
}

TEST(GateReader, RefusesOtherVersions) {
  EXPECT_THAT(refusal_after([](json& gate) { gate["schema_version"] = 0; }),
              HasSubstr("schema version 0, which this regatta no longer reads"));
  EXPECT_THAT(refusal_after([](json& gate) { gate["schema_version"] = 9; }), HasSubstr("newer"));
}

}  // namespace
}  // namespace regatta::test
