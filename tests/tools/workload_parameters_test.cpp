// SPDX-License-Identifier: Apache-2.0
#include "tools/workload_parameters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tools/complaint.hpp"
#include "tools/suite.hpp"

namespace regatta::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

run_request request_for(std::vector<std::string> workloads, std::vector<std::string> parameters) {
  run_request request;
  request.workload_filters = std::move(workloads);
  request.parameters = std::move(parameters);
  return request;
}

TEST(ParseParameters, TakesNamesAndNumbers) {
  EXPECT_EQ(parse_parameters({"payload=1024", "cpu-share=0.25", "payload=2e3"}),
            (std::map<std::string, double>{{"payload", 2000}, {"cpu-share", 0.25}}));
}

TEST(ParseParameters, RefusesNonsense) {
  for (const char* text : {"payload", "payload=", "=3", "payload=big", "payload=3kB", "payload=nan",
                           "payload=inf", "payload= 3", ""}) {
    EXPECT_THAT(complaint([&] { parse_parameters({text}); }),
                AllOf(HasSubstr("-p payload=1024"), HasSubstr("'" + std::string(text) + "'")));
  }
}

TEST(SetParameters, GoToEveryWorkloadThatHasThem) {
  const auto plan = make_plan(request_for({"tokenize", "llm-complete", "rag"}, {"payload=4096"}));
  EXPECT_EQ(plan.workloads[0].options.parameters.at("payload"), 4096);
  EXPECT_EQ(plan.workloads[1].options.parameters.at("payload"), 4096);
  EXPECT_TRUE(plan.workloads[2].options.parameters.empty());
}

TEST(SetParameters, RefusesWhatNoWorkloadHasOrTakes) {
  const auto refused = [](const char* workload, const char* parameter) {
    return complaint([&] { make_plan(request_for({workload}, {parameter})); });
  };
  EXPECT_EQ(refused("tokenize", "paylod=3"),
            "-p: no workload here has a parameter 'paylod'; did you mean 'payload'?");
  EXPECT_THAT(refused("embed-topk", "payload=3"), HasSubstr("they have none at all"));
  EXPECT_THAT(refused("tokenize", "payload=3"),
              AllOf(HasSubstr("payload (bytes of text in an item) is a whole number from 16 to "),
                    HasSubstr(", not 3")));
  EXPECT_THAT(refused("tokenize", "payload=100.5"), HasSubstr("not 100.5"));
  EXPECT_THAT(refused("wait-compute", "cpu-share=1.5"), HasSubstr("a number from 0.001 to 1"));
}

}  // namespace
}  // namespace regatta::test
