// SPDX-License-Identifier: Apache-2.0
#include "tools/load_options.hpp"

#include <gtest/gtest.h>

#include "tests/tools/complaint.hpp"

namespace regatta::test {
namespace {

using namespace std::chrono_literals;
using http_load::arrival_kind;
using http_load::load_stage;

load_request of(std::optional<double> rate = {}) {
  load_request request;
  request.url = "http://127.0.0.1:8080/";
  request.rate = rate;
  return request;
}

TEST(LoadOptions, WithoutARateTheLoopIsClosed) {
  const load_choice choice = plan_load(of());
  EXPECT_FALSE(choice.plan.open_loop);
  EXPECT_EQ(choice.plan.stages,
            (std::vector<load_stage>{{.length = 1s, .measured = false}, {.length = 10s}}));
  EXPECT_EQ(choice.plan.method, "GET");
  EXPECT_FALSE(choice.knee);
}

TEST(LoadOptions, ARateOpensIt) {
  load_request request = of(500);
  request.duration = "3s";
  request.warm_up = "0";
  request.arrivals = "constant";
  const load_choice choice = plan_load(request);
  EXPECT_TRUE(choice.plan.open_loop);
  EXPECT_EQ(choice.plan.arrivals, arrival_kind::constant);
  EXPECT_EQ(choice.plan.stages, (std::vector<load_stage>{{.length = 3s, .from = 500, .to = 500}}));
}

TEST(LoadOptions, StagesAreReadInOrderAndTheWarmUpHasTheFirstRate) {
  load_request request = of();
  request.stages = "500:10s,500-2000:1m,0-50:1500ms";
  const auto stages = plan_load(request).plan.stages;
  EXPECT_EQ(stages,
            (std::vector<load_stage>{{.length = 1s, .from = 500, .to = 500, .measured = false},
                                     {.length = 10s, .from = 500, .to = 500},
                                     {.length = 60s, .from = 500, .to = 2000},
                                     {.length = 1500ms, .from = 0, .to = 50}}));
  for (const char* text : {"", "500", "500:", ":5s", "a:5s", "5-:5s", "-5:5s", "5:5x", "5:5s,",
                           "0:5s", "1e30:5s", "nan:5s"}) {
    request.stages = text;
    EXPECT_NE(complaint([&] { plan_load(request); }), "no usage_error") << text;
  }
}

TEST(LoadOptions, TheKneeHasStepsOfItsOwn) {
  load_request request = of(200);
  request.knee = true;
  EXPECT_NE(complaint([&] { plan_load(request); }).find("give --slo"), std::string::npos);
  request.levels = {"p99=50ms"};
  request.step = "2s";
  request.precision = "10%";
  const load_choice choice = plan_load(request);
  ASSERT_TRUE(choice.knee);
  EXPECT_EQ(choice.knee->first_rate, 200);
  EXPECT_EQ(choice.knee->step, 2s);
  EXPECT_DOUBLE_EQ(choice.knee->precision, 0.1);
  request.duration = "5s";
  EXPECT_NE(complaint([&] { plan_load(request); }).find("--step is the time"), std::string::npos);
}

TEST(LoadOptions, AStreamIsAskedForAsTheApiHasIt) {
  load_request request = of();
  request.llm = true;
  request.goodput = {"ttft=500ms", "itl=50ms", "latency=5s"};
  const load_choice choice = plan_load(request);
  EXPECT_TRUE(choice.plan.llm);
  EXPECT_EQ(choice.plan.target, "/v1/chat/completions");
  EXPECT_EQ(choice.plan.timeout, 120s);
  EXPECT_DOUBLE_EQ(*choice.plan.good.first_token, 0.5);
  EXPECT_DOUBLE_EQ(*choice.plan.good.inter_token, 0.05);
  EXPECT_DOUBLE_EQ(*choice.plan.good.latency, 5);
}

TEST(LoadOptions, WhatMakesNoSenseIsRefusedWithASentence) {
  const auto told = [](auto change, const std::string& part) {
    load_request request = of();
    change(request);
    const std::string sentence = complaint([&] { plan_load(request); });
    EXPECT_NE(sentence.find(part), std::string::npos) << sentence;
  };
  told([](auto& r) { r.url = "localhost:80"; }, "must begin with http://");
  told([](auto& r) { r.rate = 0; }, "--rate takes requests per second");
  told([](auto& r) { r.rate = -5; }, "--rate takes requests per second");
  told([](auto& r) { r.connections = 0; }, "--connections takes a number from 1");
  told([](auto& r) { r.threads = 101; }, "--threads takes a number from 1");
  told([](auto& r) { r.requests = 0; }, "--requests must be at least 1");
  told([](auto& r) { r.duration = "ten"; }, "--duration takes a time");
  told([](auto& r) { r.arrivals = "constant"; }, "--arrivals is for an open loop");
  told([](auto& r) { r.headers = {"nonsense"}; }, "--header takes one like");
  told([](auto& r) { r.headers = {"A b: c"}; }, "is no header");
  told([](auto& r) { r.body = "@/nonexistent/file"; }, "--body: ");
  told([](auto& r) { r.method = "G T"; }, "is no HTTP method");
  told([](auto& r) { r.levels = {"p99"}; }, "--slo takes a limit like");
  told([](auto& r) { r.levels = {"ttft.p99=1s"}; }, "give --llm too");
  told([](auto& r) { r.goodput = {"ttft=1s"}; }, "give --llm too");
  told([](auto& r) { r.spin = true, r.poll = false; }, "leave --no-poll out");
  told([](auto& r) { r.step = "5s"; }, "are for --knee");
  told([](auto& r) { r.llm = true, r.body = "x"; }, "leave --method and --body out");
  told([](auto& r) { r.llm = true, r.goodput = {"ttft"}; }, "--goodput takes");
  told([](auto& r) { r.llm = true, r.api_key_variable = "REGATTA_NO_SUCH"; }, "is not set");
  told([](auto& r) { r.stages = "5:5s", r.rate = 5; }, "leave --rate and --duration out");
}

}  // namespace
}  // namespace regatta::test
