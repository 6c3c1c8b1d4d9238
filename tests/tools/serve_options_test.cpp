// SPDX-License-Identifier: Apache-2.0
#include "tools/serve_options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tools/complaint.hpp"

namespace regatta::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::string complaint_about(auto change) {
  serve_request request;
  change(request);
  return complaint([&] { plan_service(request); });
}

TEST(ServeOptions, UsuallyIsTheHybridWithFiftyCallsAndItsOwnMock) {
  const serve_plan plan = plan_service({});
  EXPECT_EQ(plan.service.backend, "coroutine+process");
  EXPECT_EQ(plan.service.calls, 50U);
  EXPECT_EQ(plan.settings.llm_calls, 50U);
  EXPECT_EQ(plan.settings.errors_are_answers, 1U);
  EXPECT_EQ(plan.settings.timeout_ns, std::chrono::nanoseconds(30s).count());
  EXPECT_EQ(plan.service.blocked_over, 20ms);
  EXPECT_EQ(plan.service.front.most_body_bytes, 1U << 20U);
  EXPECT_FALSE(plan.llm_url);
  EXPECT_EQ(plan.llm_settings.at("llm.ttft"), "lognormal:200ms:0.25");
}

TEST(ServeOptions, WorkersAreReplacedByASmallProcessUnlessTheUserSaysHow) {
  serve_request request;
  EXPECT_EQ(plan_service(request).choice.options.at("start"), "forkserver");
  request.backend = "process:start=fork";
  EXPECT_EQ(plan_service(request).choice.options.at("start"), "fork");
  request.backend = "coroutine";
  EXPECT_TRUE(plan_service(request).choice.options.empty());
}

TEST(ServeOptions, AMistakeIsASentenceThatNamesItsFlag) {
  EXPECT_THAT(complaint_about([](auto& r) { r.backend = "corutine"; }), HasSubstr("'coroutine'"));
  EXPECT_THAT(complaint_about([](auto& r) { r.address = "localhost"; }), HasSubstr("--address"));
  EXPECT_THAT(complaint_about([](auto& r) { r.llm_url = "127.0.0.1:80"; }),
              HasSubstr("--llm-url: "));
  EXPECT_THAT(complaint_about([](auto& r) { r.llm_latency = "1 week"; }),
              HasSubstr("--llm-latency: "));
  EXPECT_THAT(complaint_about([](auto& r) { r.drain_timeout = "soon"; }),
              HasSubstr("--drain-timeout"));
  EXPECT_THAT(complaint_about([](auto& r) { r.client_timeout = "0s"; }),
              HasSubstr("--client-timeout"));
  EXPECT_THAT(complaint_about([](auto& r) { r.max_body = "-1"; }), HasSubstr("--max-body"));
  EXPECT_THAT(complaint_about([](auto& r) { r.llm_limit = 0; }), HasSubstr("--llm-limit"));
  EXPECT_THAT(complaint_about([](auto& r) { r.max_connections = 0; }),
              HasSubstr("--max-connections"));
}

TEST(ServeOptions, WhatIsForTheMockIsRefusedWhereThereIsNone) {
  EXPECT_THAT(complaint_about([](auto& r) {
                r.llm_url = "http://127.0.0.1:1";
                r.llm_error_rate = "0.1";
              }),
              HasSubstr("--llm-error-rate is for the mock LLM"));
  EXPECT_THAT(complaint_about([](auto& r) { r.api_key_variable = "HOME"; }),
              HasSubstr("--llm-url"));
  EXPECT_THAT(complaint_about([](auto& r) {
                r.llm_url = "http://127.0.0.1:1";
                r.api_key_variable = "REGATTA_NO_SUCH_VARIABLE";
              }),
              HasSubstr("REGATTA_NO_SUCH_VARIABLE is not set"));
}

}  // namespace
}  // namespace regatta::test
