// SPDX-License-Identifier: Apache-2.0
#include "reports/doctor_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "reports/report_schema.hpp"
#include "reports/text_table.hpp"

namespace regatta::test {
namespace {

using json = nlohmann::ordered_json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

work_resolution resolved(const std::string& kind, std::optional<double> detectable) {
  work_resolution made;
  made.name = "doing " + kind;
  made.kind = kind;
  made.epoch = 3e-3;
  made.pairs = 100;
  made.variation = 0.04;
  made.ratio = ratio_estimate{1.001, 0.99, 1.012, 0.99, 100, 0};
  made.detectable = detectable;
  if (detectable) made.detectable_beyond_margin = 1.05 * (1 + *detectable) - 1;
  return made;
}

doctor_result healthy() {
  doctor_result result;
  result.where.cpu_model = "Some CPU";
  result.where.build.sanitizer = "none";
  result.checks = {{"this build", check_status::ok, "Release", ""},
                   {"turbo", check_status::advice, "on", "echo 0 | sudo tee boost"},
                   {"pressure", check_status::unknown, "this kernel does not tell it", ""}};
  result.resolutions = {resolved("computing", 0.0401), resolved("waiting", 0.0871)};
  return result;
}

TEST(DoctorVerdict, SaysWhatCanBeFoundAndHowToFindLess) {
  EXPECT_EQ(doctor_verdict(healthy()),
            "Fit to find changes of 4.1 % or more in computing, 8.8 % in waiting, in 50 pairs; for "
            "less: see to turbo, or take four times the pairs for half of it.");
  auto result = healthy();
  result.checks[1].status = check_status::ok;
  EXPECT_THAT(doctor_verdict(result), HasSubstr("for less: take four times"));
}

TEST(DoctorVerdict, RoundsAPromiseUp) {
  auto result = healthy();
  result.resolutions = {resolved("computing", 0.1201)};
  EXPECT_THAT(doctor_verdict(result), HasSubstr("changes of 13 % or more"));
  result.resolutions = {resolved("computing", 0.04)};
  EXPECT_THAT(doctor_verdict(result), HasSubstr("changes of 4 % or more"));
}

TEST(DoctorVerdict, AProblemIsUnfitAndNamed) {
  auto result = healthy();
  result.checks[0].status = check_status::problem;
  result.checks[1].status = check_status::problem;
  EXPECT_FALSE(result.fit());
  EXPECT_THAT(doctor_verdict(result),
              AllOf(HasSubstr("Unfit to measure, because of this build and turbo;"),
                    HasSubstr("as it is, it would find changes of 4.1 %")));
}

TEST(DoctorVerdict, WorkThatDiffersFromItselfIsUnfit) {
  auto result = healthy();
  result.resolutions[1].rejected = true;
  result.resolutions[1].ratio = ratio_estimate{1.08, 1.05, 1.11, 0.99, 100, 0};
  EXPECT_FALSE(result.fit());
  EXPECT_THAT(doctor_verdict(result),
              AllOf(HasSubstr("the same work twice taking different times (doing waiting: 1.080 "
                              "[1.050, 1.110])"),
                    Not(HasSubstr("8.8 %"))));
}

TEST(DoctorVerdict, WithoutARunClaimsNoResolution) {
  auto result = healthy();
  result.resolutions.clear();
  EXPECT_TRUE(result.fit());
  EXPECT_THAT(doctor_verdict(result), HasSubstr("nothing is known of how small"));
  result.resolutions = {resolved("computing", std::nullopt)};
  EXPECT_THAT(doctor_verdict(result), HasSubstr("no change in computing"));
}

TEST(DoctorVerdict, OfAnInterruptedLookIsNone) {
  auto result = healthy();
  result.interrupted = true;
  EXPECT_EQ(doctor_verdict(result), "Interrupted: no verdict.");
}

TEST(RenderDoctor, HasAllChecksRemediesAndTheVerdictLast) {
  const std::string text = render_doctor(healthy(), {});
  EXPECT_THAT(text, HasSubstr("\n  ok       this build  Release\n"));
  EXPECT_THAT(text, HasSubstr("\n  advice   turbo       on\n"));
  EXPECT_THAT(text, HasSubstr("\n                     → echo 0 | sudo tee boost\n"));
  EXPECT_THAT(text, HasSubstr("\n  unknown  pressure    this kernel"));
  EXPECT_THAT(text, HasSubstr("1.001 [0.990, 1.012]"));
  EXPECT_GT(text.find("Fit to find"), text.find("doing waiting"));
  EXPECT_THAT(text, Not(HasSubstr("\033")));
}

TEST(RenderDoctor, FitsIntoANarrowTerminalInColourToo) {
  auto result = healthy();
  result.checks[0].seen = "words that go on and on until the line is far too long for a terminal";
  result.resolutions[1].not_run = "there is only one CPU to use";
  for (const bool color : {false, true}) {
    std::istringstream lines(render_doctor(result, {.columns = 60, .color = color}));
    for (std::string line; std::getline(lines, line);) {
      for (auto at = line.find('\033'); at != std::string::npos; at = line.find('\033')) {
        line.erase(at, line.find('m', at) - at + 1);
      }
      EXPECT_LE(display_width(line), 60U) << line;
    }
  }
  EXPECT_THAT(render_doctor(result, {.columns = 60, .color = true}), HasSubstr("\033[33madvice"));
  EXPECT_THAT(render_doctor(result, {}), HasSubstr("doing waiting: not run: there is only one"));
}

TEST(DoctorJson, HasFindingsAndUnknownIsNull) {
  auto result = healthy();
  result.resolutions[1].not_run = "no";
  const json file = make_doctor_json(result);
  EXPECT_EQ(file.at("schema_version"), 1);
  EXPECT_EQ(file.at("fit"), true);
  EXPECT_EQ(file.at("verdict"), doctor_verdict(result));
  EXPECT_EQ(file.at("checks")[1].at("status"), "advice");
  EXPECT_EQ(file.at("checks")[1].at("remedy"), "echo 0 | sudo tee boost");
  EXPECT_TRUE(file.at("checks")[0].at("remedy").is_null());
  EXPECT_EQ(file.at("resolution")[0].at("detectable"), 0.0401);
  EXPECT_EQ(file.at("resolution")[0].at("ratio").at("pairs"), 100);
  EXPECT_TRUE(file.at("resolution")[0].at("lag1_autocorrelation").is_null());
  EXPECT_EQ(file.at("resolution")[1].at("not_run"), "no");
  EXPECT_TRUE(file.at("resolution")[1].at("pairs").is_null());
  EXPECT_TRUE(file.at("machine_card").is_null());
  EXPECT_EQ(json::parse(file.dump()), file);
  EXPECT_THAT(schema_violations(nlohmann::json::parse(file.dump()), report_schema::doctor),
              ::testing::IsEmpty());
}

}  // namespace
}  // namespace regatta::test
