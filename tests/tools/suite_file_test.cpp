// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/workloads/temporary_directory.hpp"
#include "tools/suite.hpp"
#include "tools/usage_error.hpp"

namespace regatta::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

class SuiteFile : public ::testing::Test {
 protected:
  run_plan plan_of(const std::string& text, std::vector<std::string> workload_filters = {}) {
    run_request request;
    request.suite = directory_.write("suite.json", text).string();
    request.workload_filters = std::move(workload_filters);
    return make_plan(request);
  }
  std::string complaint_about(const std::string& text, std::vector<std::string> filters = {}) {
    try {
      plan_of(text, std::move(filters));
    } catch (const usage_error& error) {
      return error.what();
    }
    return "no usage_error";
  }
  temporary_directory directory_;
};

TEST_F(SuiteFile, IsReadWithCommentsAndLoadsOfItsOwn) {
  const auto plan = plan_of(R"({
    // a comment
    "budget": "90s", "seed": 5, "in_flight": 4, "confidence": 0.99,
    "workloads": ["tokenize", {"name": "rag", "in_flight": 64, "rate": 10, "backends": ["serial"]}],
    "backends": ["thread", "process:chunk=8"], "services": {"llm.ttft": "5ms"}
  })");
  EXPECT_EQ(plan.budget, 90s);
  EXPECT_EQ(plan.seed, 5U);
  EXPECT_EQ(plan.confidence, 0.99);
  EXPECT_EQ(plan.service_settings.at("llm.ttft"), "5ms");
  ASSERT_EQ(plan.workloads.size(), 2U);
  EXPECT_EQ(plan.workloads[0].in_flight, 4U);
  EXPECT_EQ(plan.workloads[0].rate, std::nullopt);
  EXPECT_EQ(plan.workloads[0].backends.size(), 2U);
  EXPECT_EQ(plan.workloads[1].in_flight, 64U);
  EXPECT_EQ(plan.workloads[1].rate, 10.0);
  ASSERT_EQ(plan.workloads[1].backends.size(), 1U);
  EXPECT_EQ(plan.workloads[1].backends[0].label, "serial");
}

TEST_F(SuiteFile, ATypoInAKeyIsNamedWithWhatWasMeant) {
  EXPECT_THAT(complaint_about(R"({"bugdet": "5s", "workloads": ["tokenize"]})"),
              AllOf(HasSubstr("unknown key 'bugdet'"), HasSubstr("did you mean 'budget'?")));
  EXPECT_THAT(complaint_about(R"({"workloads": [{"name": "tokenize", "inflight": 5}]})"),
              AllOf(HasSubstr("unknown key 'inflight'"), HasSubstr("did you mean 'in_flight'?")));
}

TEST_F(SuiteFile, ThatIsNotJsonSaysSo) {
  EXPECT_THAT(complaint_about("workloads: [tokenize]"),
              AllOf(HasSubstr("suite.json"), HasSubstr("is not JSON")));
  EXPECT_THAT(complaint_about(""), HasSubstr("is not JSON"));
  EXPECT_THAT(complaint_about("[1, 2]"), HasSubstr("must be a JSON object"));
}

TEST_F(SuiteFile, ThatDoesNotExistMayBeAMistypedSuite) {
  run_request request;
  request.suite = "quikc";
  try {
    make_plan(request);
    ADD_FAILURE() << "made a plan";
  } catch (const usage_error& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("'quikc'"), HasSubstr("did you mean 'quick'?")));
  }
}

TEST_F(SuiteFile, AValueOfTheWrongTypeIsAUsageError) {
  for (const char* text :
       {R"({"budget": 60})", R"({"workloads": 5})", R"({"workloads": [5]})",
        R"({"backends": "thread"})", R"({"confidence": "high"})", R"({"services": ["llm"]})",
        R"({"seed": "one"})", R"({"workloads": [{"name": 5}]})",
        R"({"workloads": [{"in_flight": 5}]})", R"({"workloads": ["tokenize"], "rate": "fast"})"}) {
    EXPECT_NE(complaint_about(text), "no usage_error") << text;
  }
}

TEST_F(SuiteFile, AValueOfTheWrongTypeIsNamedWithWhatItShouldBe) {
  EXPECT_THAT(complaint_about(R"({"budget": 60})"),
              HasSubstr("suite.json: budget is a text in quotes, not 60"));
  EXPECT_THAT(complaint_about(R"({"workloads": [7]})"),
              HasSubstr("suite.json: a workload is a name or an object with one, not 7"));
  EXPECT_THAT(complaint_about(R"({"workloads": [{"name": "rag", "rate": "fast"}]})"),
              HasSubstr("workload rag: rate is a number, not \"fast\""));
}

TEST_F(SuiteFile, AValueOutOfRangeIsAUsageError) {
  for (const char* text : {R"({"confidence": 0.5})", R"({"confidence": 1})", R"({"budget": "0s"})",
                           R"({"budget": "x"})", R"({"workloads": ["tokenize"], "in_flight": 0})",
                           R"({"workloads": ["tokenize"], "in_flight": -1})",
                           R"({"workloads": [{"name": "tokenize", "rate": -1}]})"}) {
    EXPECT_NE(complaint_about(text), "no usage_error") << text;
  }
}

TEST_F(SuiteFile, ADifferenceOrANumberOfBlocksThatCannotBeIsAUsageError) {
  EXPECT_NE(complaint_about(R"({"practical_difference": -0.1})"), "no usage_error");
  EXPECT_NE(complaint_about(R"({"practical_difference": 5})"), "no usage_error")
      << "percent was meant";
  EXPECT_NE(complaint_about(R"({"practical_difference": 1})"), "no usage_error");
  EXPECT_NE(complaint_about(R"({"blocks": 0})"), "no usage_error");
  EXPECT_THAT(complaint_about(R"({"blocks": -1})"), HasSubstr("blocks is a whole number, not -1"));
  EXPECT_NE(complaint_about(R"({"blocks": 4294967296})"), "no usage_error");
}

TEST_F(SuiteFile, SaysWhatToRaceByAndWhatToKeep) {
  const auto plan = plan_of(R"({"workloads": ["tokenize"], "objective": "p99", "slo": "p99=50ms",
    "must": ["isolate"], "max_memory": "1GiB", "race": false})");
  EXPECT_EQ(plan.by, objective::p99);
  EXPECT_EQ(plan.required.slo_p99, 0.05);
  EXPECT_TRUE(plan.required.isolate);
  EXPECT_FALSE(plan.required.sync_libraries);
  EXPECT_EQ(plan.required.max_memory, 1U << 30U);
  EXPECT_FALSE(plan.race);
  EXPECT_THAT(complaint_about(R"({"objective": "speed"})"),
              HasSubstr("suite.json: objective takes throughput, p99"));
  EXPECT_THAT(complaint_about(R"({"must": ["win"]})"), HasSubstr("suite.json: must takes isolate"));
  EXPECT_THAT(complaint_about(R"({"race": 1})"), HasSubstr("race is true or false, not 1"));
}

TEST_F(SuiteFile, ParametersAreNumbersAndNames) {
  const auto plan = plan_of(
      R"({"workloads": [{"name": "token-counter", "parameters": {"method": "atomic", "payload": 200}}]})");
  EXPECT_EQ(plan.workloads[0].options.parameters,
            (std::map<std::string, double>{{"method", 1}, {"payload", 200}}));
  const auto complaint_about_parameters = [&](const std::string& parameters) {
    return complaint_about(R"({"workloads": [{"name": "token-counter", "parameters": )" +
                           parameters + "}]}");
  };
  EXPECT_THAT(complaint_about_parameters(R"({"method": "none"})"),
              HasSubstr("is one of mutex, atomic, sharded, not 'none'"));
  EXPECT_THAT(complaint_about_parameters(R"({"payload": "large"})"), HasSubstr("a whole number"));
  for (const char* wrong : {"5", R"(["payload"])", R"({"payload":true})", R"("payload=5")"}) {
    EXPECT_THAT(
        complaint_about_parameters(wrong),
        HasSubstr(std::string("parameters is an object of numbers and names, not ") + wrong));
  }
}

TEST_F(SuiteFile, WithNothingToRunIsAUsageError) {
  EXPECT_NE(complaint_about(R"({"workloads": []})"), "no usage_error");
  EXPECT_NE(complaint_about(R"({"workloads": ["tokenize"], "backends": []})"), "no usage_error");
}

TEST_F(SuiteFile, WithNothingToRunAndAFilterIsNoCrash) {
  // In a child: it may well be one.
  EXPECT_EXIT(
      {
        const std::string said = complaint_about(R"({"workloads": []})", {"tokenize"});
        std::_Exit(said.empty() ? 1 : 0);
      },
      ::testing::ExitedWithCode(0), "");
}

TEST_F(SuiteFile, AFilterKeepsEveryLoadOfAWorkload) {
  const auto plan = plan_of(
      R"({"workloads": [{"name": "tokenize", "in_flight": 1}, {"name": "tokenize", "in_flight": 64}]})",
      {"tokenize"});
  ASSERT_EQ(plan.workloads.size(), 2U);
  EXPECT_EQ(plan.workloads[0].in_flight, 1U);
  EXPECT_EQ(plan.workloads[1].in_flight, 64U);
}

TEST_F(SuiteFile, AWorkloadThatTheSuiteDoesNotNameGetsNobodyElsesLoad) {
  const auto plan = plan_of(
      R"({"workloads": [{"name": "tokenize", "rate": 50, "backends": ["serial"]}], "backends": ["thread", "serial"]})",
      {"image-augment"});
  ASSERT_EQ(plan.workloads.size(), 1U);
  EXPECT_EQ(plan.workloads[0].rate, std::nullopt) << "tokenize's own rate";
  EXPECT_EQ(plan.workloads[0].backends.size(), 2U) << "tokenize's own backends";
  const auto other = plan_of(
      R"({"workloads": [{"name": "rag", "rate": 50}], "in_flight": 5, "rate": 7})", {"tokenize"});
  EXPECT_EQ(other.workloads[0].in_flight, 5U) << "the suite's";
  EXPECT_EQ(other.workloads[0].rate, 7.0) << "the suite's";
}

}  // namespace
}  // namespace regatta::test
