// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "harness/service.hpp"
#include "tests/support/children.hpp"
#include "tests/workloads/mock_llm_client.hpp"
#include "workloads/servers/mock_document.hpp"

// Starts real child processes: this binary as `mock-llm`, which the tests' main passes on.

namespace regatta::test {
namespace {

service_options with(std::map<std::string, std::string> settings) {
  return {
      .seed = 1, .scale = dataset_scale::quick, .directory = {}, .settings = std::move(settings)};
}

client connected_to(const running_service& service) {
  const std::string endpoint = service.endpoint();
  return client(static_cast<std::uint16_t>(std::stoul(endpoint.substr(endpoint.rfind(':') + 1))));
}

TEST(MockLlmService, ServesCompletionsAndDocuments) {
  const auto service =
      services().at("llm")(with({{"llm.ttft", "1ms"}, {"documents.latency", "0"}}));
  EXPECT_TRUE(service->endpoint().starts_with("http://127.0.0.1:"));
  EXPECT_EQ(service->failure(), std::nullopt);
  client to = connected_to(*service);
  EXPECT_EQ(to.post(chat("Hi").dump()).status, 200U);
  EXPECT_EQ(to.get("/documents/4").body, mock_document(4));
  EXPECT_TRUE(services().contains("documents"));
}

TEST(MockLlmService, PassesItsSettingsOn) {
  const auto service = services().at("llm")(with({{"llm.rate-limit-rate", "1"}}));
  EXPECT_EQ(connected_to(*service).post(chat("Hi").dump()).status, 429U);
}

TEST(MockLlmService, SaysHowTheServerDied) {
  const auto before = all_children();
  const auto service = services().at("llm")(with({}));
  const pid_t pid = child_since(before);
  ASSERT_NE(pid, 0);
  ::kill(pid, SIGKILL);
  siginfo_t ended{};
  ::waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOWAIT);
  const std::string sentence =
      fmt::format("the mock LLM server (pid {}) was killed by SIGKILL", pid);
  EXPECT_EQ(service->failure(), sentence);
  EXPECT_EQ(service->failure(), sentence);  // and remembers it
}

TEST(MockLlmService, RefusesSettingsItDoesNotKnow) {
  for (const auto& [key, text] :
       std::map<std::string, std::string>{{"llm.latency", "1ms"},
                                          {"documents.count", "3"},
                                          {"llm.ttft", "soon"},
                                          {"llm.tokens", "0"},
                                          {"llm.error-rate", "2"},
                                          {"llm.rate-limit-rate", "nan"}}) {
    EXPECT_THROW(services().at("llm")(with({{key, text}})), std::invalid_argument) << key;
  }
}

}  // namespace
}  // namespace regatta::test
