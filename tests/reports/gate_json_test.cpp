// SPDX-License-Identifier: Apache-2.0
#include "reports/gate_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "reports/report_schema.hpp"
#include "tests/reports/judged.hpp"

namespace regatta::test {
namespace {

using json = nlohmann::json;
using ::testing::IsEmpty;

json document_of(const gate_result& result) {
  return json::parse(make_gate_json(result).dump(-1, ' ', false, json::error_handler_t::replace));
}

gate_result full_gate() {
  gate_result result = mixed_gate();
  result.comparisons[0].confirmation = evidence(1.001, 8);
  result.comparisons[0].rule.direction = gate_direction::larger;
  result.comparisons[0].better = gate_direction::larger;
  result.comparisons[0].not_worse = true;
  result.comparisons[0].screening.pairs[0].steal = 0.25;
  result.self_check = judged("self-check", gate_verdict::equivalent, 1.001);
  result.unfit = "The baseline is 1.2 times its own copy.";
  result.stolen = 0.125;
  result.interrupted = true;
  result.alpha = 0.01;
  result.seed = 18446744073709551615U;
  result.warnings = {"BM_gone is in the baseline only"};
  result.only_baseline = {"BM_gone"};
  return result;
}

TEST(GateJson, FollowsItsSchema) {
  EXPECT_THAT(schema_violations(document_of(mixed_gate()), report_schema::gate), IsEmpty());
  EXPECT_THAT(schema_violations(document_of(full_gate()), report_schema::gate), IsEmpty());
  EXPECT_THAT(schema_violations(document_of(gate_of({})), report_schema::gate), IsEmpty());
}

TEST(GateJson, IsReadBackAsItWas) {
  const gate_result before = full_gate();
  const json document = document_of(before);
  const gate_result after = read_gate_json(document);
  EXPECT_EQ(document_of(after), document);
  ASSERT_EQ(after.comparisons.size(), before.comparisons.size());
  EXPECT_EQ(after.comparisons[0].screening.pairs[3].candidate,
            before.comparisons[0].screening.pairs[3].candidate);
  EXPECT_EQ(after.comparisons[3].rule.mute_until, "2030-01-01");
  EXPECT_EQ(after.comparisons[4].rule.mode, gate_mode::warn);
  EXPECT_EQ(after.seed, before.seed);
  EXPECT_EQ(after.where, before.where);
  EXPECT_TRUE(after.interrupted);
}

TEST(GateJson, HasEveryPairInTheOrderItRan) {
  const json pairs = document_of(mixed_gate())["comparisons"][0]["screening"]["pairs"];
  ASSERT_EQ(pairs.size(), 12U);
  EXPECT_EQ(pairs[0]["candidate_first"], false);
  EXPECT_EQ(pairs[1]["candidate_first"], true);
  EXPECT_EQ(pairs[5]["launch"], 1);
  EXPECT_EQ(pairs[5]["at_seconds"], 2.5);
  EXPECT_TRUE(pairs[5]["steal"].is_null());
}

TEST(GateJson, SaysWhatItIsAndWhetherItBlocks) {
  const json document = document_of(mixed_gate());
  EXPECT_EQ(document["kind"], "gate");
  EXPECT_EQ(document["schema_version"], gate_schema_version);
  EXPECT_EQ(document["blocks"], true);
  EXPECT_EQ(document_of(full_gate())["blocks"], false) << "unfit";
  EXPECT_EQ(document_of(full_gate())["complete"], false) << "interrupted";
}

TEST(GateJson, UnknownIsNull) {
  const json broken = document_of(mixed_gate())["comparisons"][5];
  EXPECT_EQ(broken["verdict"], "failed");
  for (const char* key : {"median_baseline", "median_candidate", "detectable", "confirmation"}) {
    EXPECT_TRUE(broken.at(key).is_null()) << key;
  }
  EXPECT_TRUE(broken["screening"]["worse_by"].is_null());
  EXPECT_TRUE(broken["rule"]["metric"].is_null());
}

TEST(GateJson, BytesThatAreNotUtf8AreReplaced) {
  gate_result result = mixed_gate();
  result.candidate.what = "b\xffnch";
  EXPECT_EQ(json::parse(render_gate_json(result))["candidate"]["what"], "b\uFFFDnch");
}

}  // namespace
}  // namespace regatta::test
