// SPDX-License-Identifier: Apache-2.0
#include "tools/report_outputs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reports/random_report.hpp"
#include "tools/usage_error.hpp"

namespace regatta::test {
namespace {

using ::testing::HasSubstr;

const std::vector<std::string> formats{"terminal", "html", "json"};

std::string refusal(const std::vector<std::string>& texts) {
  try {
    parse_outputs(texts, "json", formats);
  } catch (const usage_error& error) {
    return error.what();
  }
  return "it was taken";
}

TEST(ReportOutputs, APathAloneGetsThePlainFormat) {
  const auto outputs = parse_outputs({"a.json", "html=b.html", "terminal=-"}, "json", formats);
  ASSERT_EQ(outputs.size(), 3U);
  EXPECT_EQ(outputs[0].format, "json");
  EXPECT_EQ(outputs[0].path, "a.json");
  EXPECT_EQ(outputs[1].format, "html");
  EXPECT_EQ(outputs[1].path, "b.html");
  EXPECT_EQ(outputs[2].path, "-");
}

TEST(ReportOutputs, AnExtensionNamesAFormatUnlessOneIsAskedFor) {
  const auto format = [](const std::string& path,
                         const std::optional<std::string>& asked_for = {}) {
    return parse_outputs({path}, "terminal", formats, asked_for)[0].format;
  };
  EXPECT_EQ(format("a.html"), "html");
  EXPECT_EQ(format("a.json"), "json");
  EXPECT_EQ(format("a.txt"), "terminal");
  EXPECT_EQ(format("a.html", "json"), "json");
  EXPECT_EQ(format("json=a.html"), "json");
}

TEST(ReportOutputs, APathMayHaveAnEqualsSign) {
  EXPECT_EQ(parse_outputs({"./a=b"}, "json", formats)[0].path, "./a=b");
  EXPECT_EQ(parse_outputs({"a.d/b=c"}, "json", formats)[0].path, "a.d/b=c");
  EXPECT_EQ(parse_outputs({"html=a=b"}, "json", formats)[0].path, "a=b");
}

TEST(ReportOutputs, RefusesWhatCannotBeMeant) {
  EXPECT_THAT(refusal({"htlm=x"}), HasSubstr("did you mean 'html'?"));
  EXPECT_THAT(refusal({"html="}), HasSubstr("lacks the path"));
  EXPECT_THAT(refusal({"html=x", "json=./x"}), HasSubstr("two outputs go to ./x"));
  EXPECT_THAT(refusal({"-", "html=-"}), HasSubstr("two outputs go to stdout"));
}

TEST(ReportOutputs, WhatIsAskedForWithoutAPathGoesToStdout) {
  const auto paths = [](const output_request& request) {
    std::vector<std::string> all;
    for (const auto& each : outputs_of(request, formats, {})) {
      all.push_back(each.format + "=" + each.path);
    }
    return all;
  };
  using ::testing::ElementsAre;
  EXPECT_THAT(paths({}), ElementsAre("terminal=-"));
  EXPECT_THAT(paths({.format = "html", .outputs = {}}), ElementsAre("html=-"));
  EXPECT_THAT(paths({.format = "html", .outputs = {"x"}}), ElementsAre("html=x"));
  EXPECT_THAT(paths({.format = {}, .outputs = {"json=x"}}), ElementsAre("json=x"));
  EXPECT_THAT(paths({.format = "html", .outputs = {"json=x"}}), ElementsAre("json=x", "html=-"));
}

TEST(ReportOutputs, EveryFormatTakesEverySoundReport) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const auto made = invent_report(seed);
    for (const std::string& format : run_report_formats()) {
      SCOPED_TRACE(format + ", seed " + std::to_string(seed));
      std::string text;
      ASSERT_NO_THROW(text = render_run_report(format, made.run, made.advice, {}));
      ASSERT_FALSE(text.empty());
    }
  }
}

}  // namespace
}  // namespace regatta::test
