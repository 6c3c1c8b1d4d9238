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

TEST(SplitParameters, TakesNamesAndValues) {
  EXPECT_EQ(split_parameters({"payload=1024", "method=atomic", "payload=2e3", "a=b=c"}),
            (parameter_texts{{"payload", "2e3"}, {"method", "atomic"}, {"a", "b=c"}}));
}

TEST(SplitParameters, RefusesNonsense) {
  for (const char* text : {"payload", "payload=", "=3", "=", ""}) {
    EXPECT_THAT(complaint([&] { split_parameters({text}); }),
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
  for (const char* number : {"big", "3kB", "nan", "inf", " 3", "1e400", "0x10"}) {
    EXPECT_THAT(refused("tokenize", ("payload=" + std::string(number)).c_str()),
                HasSubstr(std::string("is a whole number from 16 to 1048576, not ") + number));
  }
  EXPECT_THAT(refused("wait-compute", "cpu-share=1.5"), HasSubstr("a number from 0.001 to 1"));
}

TEST(SetParameters, TakeNumbersAsTheyAreWritten) {
  const auto set_to = [](const char* text) {
    return make_plan(request_for({"wait-compute"}, {text}))
        .workloads[0]
        .options.parameters.at("cpu-share");
  };
  EXPECT_EQ(set_to("cpu-share=0.25"), 0.25);
  EXPECT_EQ(set_to("cpu-share=1e-2"), 0.01);
}

TEST(SetParameters, TakeTheNamesOfChoicesAndNoNumbersForThem) {
  const auto set_to = [](const char* text) {
    return make_plan(request_for({"token-counter"}, {text}))
        .workloads[0]
        .options.parameters.at("method");
  };
  EXPECT_EQ(set_to("method=mutex"), 0);
  EXPECT_EQ(set_to("method=sharded"), 2);
  for (const char* wrong : {"mutexes", "1", "Mutex"}) {
    EXPECT_EQ(complaint([&] { set_to(("method=" + std::string(wrong)).c_str()); }),
              "-p: method (how counters are shared) is one of mutex, atomic, sharded, not '" +
                  std::string(wrong) + "'");
  }
}

TEST(ParameterText, IsWhatAUserWrites) {
  const auto choice = choice_parameter("method", "how", {"mutex", "atomic"});
  EXPECT_EQ(parameter_text(choice, 0), "mutex");
  EXPECT_EQ(parameter_text(choice, 1), "atomic");
  EXPECT_EQ(parameter_text({"share", "of what", 0.5, 0, 1, false}, 0.25), "0.25");
  EXPECT_EQ(parameter_text({"size", "of what", 128, 1, 2048}, 1024), "1024");
}

}  // namespace
}  // namespace regatta::test
