// SPDX-License-Identifier: Apache-2.0
#include "reports/profile_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "reports/load_json.hpp"
#include "reports/load_reader.hpp"
#include "reports/load_report.hpp"
#include "reports/profile_html.hpp"
#include "reports/profile_report.hpp"
#include "reports/stack_exports.hpp"
#include "reports/stored_json.hpp"
#include "tests/reports/sample_profiles.hpp"

namespace regatta::test {
namespace {

using namespace profiling;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string text_of(const profile_result& profile) {
  return make_profile_json(profile).dump(1, ' ', false, json::error_handler_t::replace);
}
json document_of(const profile_result& profile) { return json::parse(text_of(profile)); }

std::string complaint_after(const char* pointer, const json& value) {
  json document = document_of(sample_driven_profile());
  document[json::json_pointer(pointer)] = value;
  try {
    read_profile_report(document);
  } catch (const bad_report& error) {
    return error.what();
  }
  return "";
}

TEST(ProfileReader, ReadsWhatWasWritten) {
  for (const profile_result& profile :
       {profile_result(), sample_profile(), sample_driven_profile(), sample_served_profile()}) {
    const std::string text = text_of(profile);
    const profile_result again = read_profile_report(parse_stored_json(text));
    EXPECT_EQ(text_of(again), text);
    EXPECT_EQ(render_profile(again, {}), render_profile(profile, {}));
    EXPECT_EQ(folded_stacks(again), folded_stacks(profile));
    EXPECT_EQ(render_profile_html(again), render_profile_html(profile));
  }
}

TEST(ProfileReader, NamesOfAnyBytesFollowTheSchema) {
  EXPECT_THAT(schema_violations(document_of(hostile_profile()), report_schema::profile), IsEmpty());
  EXPECT_THAT(schema_violations(document_of(sample_served_profile()), report_schema::profile),
              IsEmpty());
  EXPECT_EQ(read_profile_report(document_of(hostile_profile())).process.name,
            "<script>alert(1)</script>");
}

TEST(ProfileReader, SaysWhatIsWrong) {
  EXPECT_THAT(complaint_after("/loops/0/stretches/0/duration_ns", "long"),
              HasSubstr("/loops/0/stretches/0/duration_ns is \"long\"; it must be a whole number"));
  EXPECT_THAT(complaint_after("/loops/0/stretches/0/ledger/0/ns", 900'000'000),
              HasSubstr("contradicts itself: the parts of a stretch"));
  EXPECT_THAT(complaint_after("/loops/0/timeline/begin_ns", json::array({1, 2})),
              HasSubstr("a timeline has 2 times"));
  EXPECT_THAT(complaint_after("/loops/0/stretches/1/suppressed_ns", 9'000'000'000'000'000'000),
              HasSubstr("it must be at least 0 and at most"));
  EXPECT_THAT(complaint_after("/loops/0/callbacks/buckets/0", json::array({1})),
              HasSubstr("/loops/0/callbacks/buckets/0"));
  EXPECT_THAT(complaint_after("/tier", "tea leaves"),
              HasSubstr("the tier \"tea leaves\", which this regatta does not know"));
  EXPECT_THAT(complaint_after("/schema_version", 99), HasSubstr("newer than this regatta reads"));
  EXPECT_EQ(complaint_after("/loops/0/colour", "red"), "") << "fields may be added";
}

TEST(LoadReader, ReadsWhatWasWritten) {
  http_load::load_result load = sample_driven_profile().driven->load;
  load.where.hostname = "here";
  load.plan.llm = true;
  load.stages.front().tally.first_token.add(std::chrono::milliseconds(7));
  load.stages.front().tally.tokens = 12;
  const std::string text = make_load_json(load).dump();
  const auto again = read_load_report(parse_stored_json(text));
  EXPECT_EQ(make_load_json(again).dump(), text);
  EXPECT_EQ(render_load(again, {}), render_load(load, {}));
}

TEST(LoadReader, LoadsAndKneesFollowTheirSchemas) {
  const auto load = sample_driven_profile().driven->load;
  EXPECT_THAT(schema_violations(json::parse(make_load_json(load).dump()), report_schema::load),
              IsEmpty());
  EXPECT_THAT(schema_violations(json::parse(make_load_json({}).dump()), report_schema::load),
              IsEmpty());
  http_load::knee_result knee;
  knee.steps = {{.rate = 100, .result = load, .verdict = http_load::level_verdict::kept}};
  knee.kept = 100;
  EXPECT_THAT(schema_violations(json::parse(make_knee_json(knee).dump()), report_schema::load_knee),
              IsEmpty());
}

}  // namespace
}  // namespace regatta::test
