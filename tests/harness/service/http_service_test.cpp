// SPDX-License-Identifier: Apache-2.0
#include "harness/service/http_service.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <string>

#include "tests/harness/llm/hostile_server.hpp"
#include "tests/workloads/mock_llm_client.hpp"
#include "workloads/mixed/answer_service.hpp"

// Over real workers and an LLM that answers when the test says so.

namespace regatta::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* question = R"({"document": "<p>A boat has a cox.</p>", "question": "Who?"})";

std::map<std::string, std::string> options_of(const std::string& backend,
                                              const std::string& start) {
  std::map<std::string, std::string> options;
  for (const backend_option& each : backends().at(backend).info.options) {
    options[each.name] = each.fallback;
  }
  if (!start.empty()) options["start"] = start;
  return options;
}

struct served {
  served(const std::string& backend, const std::string& start) {
    setup.cpus.usable = 2;
    setup.endpoints = {{"llm", llm.url()}};
    setup.options = options_of(backend, start);
    service = std::make_unique<http_service>(
        http_service_options{
            .backend = backend, .workers = 2, .calls = 4, .drain_limit = 1ms, .front = {}},
        setup, metrics,
        http_service_hooks{[this] { return stop.load(); }, [](const std::string&) {}});
    const std::string url = service->url();
    port = static_cast<std::uint16_t>(std::stoul(url.substr(url.rfind(':') + 1)));
  }

  std::promise<void> llm_may_answer;
  std::atomic<int> asked{0};
  hostile_server llm{[this, may = llm_may_answer.get_future().share()](auto& connection, int) {
    while (const auto request = connection.request()) {
      if (request->starts_with("POST")) {
        ++asked;
        may.wait();
      }
      connection.send(answer_with("the cox"));
    }
  }};
  const buffer dataset =
      answer_dataset({.timeout_ns = std::chrono::nanoseconds(30s).count(), .errors_are_answers = 1},
                     "regatta-mock", {});
  service_metrics metrics;
  const std::unique_ptr<workload_instance> workload = open_answer_service(dataset, metrics.llm);
  backend_setup setup{.info = workloads().at("answer").info,
                      .workload = *workload,
                      .dataset = dataset,
                      .options = {},
                      .in_flight = 4,
                      .cpus = read_cpu_limits(),
                      .endpoints = {},
                      .api_key = {},
                      .preparation = {}};
  std::atomic<bool> stop{false};
  std::unique_ptr<http_service> service;
  std::uint16_t port = 0;
};

struct backend_of_service {
  const char* name;
  const char* start = "";
};

class HttpService : public testing::TestWithParam<backend_of_service> {};

TEST_P(HttpService, ThatIsDestroyedWithARequestInsideAnswersItFirst) {
  served all(GetParam().name, GetParam().start);
  auto status = std::async(std::launch::async,
                           [&] { return client(all.port).post(question, "/v1/answer").status; });
  auto stopped = std::async(std::launch::async, [&] {
    while (all.asked == 0) std::this_thread::sleep_for(1ms);
    all.stop = true;
  });
  EXPECT_EQ(all.service->run().cut_off, 1);
  all.llm_may_answer.set_value();
  all.service.reset();
  EXPECT_EQ(status.get(), 200U);
}

INSTANTIATE_TEST_SUITE_P(Backends, HttpService,
                         testing::Values(backend_of_service{"coroutine"},
                                         backend_of_service{"coroutine-mt"},
                                         backend_of_service{"thread"},
                                         backend_of_service{"process", "spawn"}),
                         [](const auto& info) {
                           std::string name = info.param.name;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(HttpServiceWithoutRequests, EndsWithAClientConnected) {
  served all("coroutine", "");
  client idle(all.port);
  auto status = std::async(std::launch::async, [&] {
    const unsigned got = idle.get("/healthz").status;
    all.stop = true;
    return got;
  });
  EXPECT_EQ(all.service->run().cut_off, 0);
  all.service.reset();
  EXPECT_EQ(status.get(), 200U);
}

}  // namespace
}  // namespace regatta::test
