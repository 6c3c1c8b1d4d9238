// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/kept_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <vector>

#include "tests/support/children.hpp"
#include "tests/workloads/mock_llm_client.hpp"
#include "workloads/servers/mock_llm_service.hpp"

namespace regatta::test {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;

struct told_sentences {
  void operator()(const std::string& sentence) {
    const std::lock_guard lock(mutex);
    all.push_back(sentence);
    changed.notify_all();
  }
  bool await(std::size_t count) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, 30s, [&] { return all.size() >= count; });
  }
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> all;
};

TEST(KeptServer, IsStartedAgainOnItsPortUntilThatIsHopeless) {
  auto before = all_children();
  kept_server server("the mock LLM server", mock_llm_arguments({.directory = {}, .settings = {}}));
  pid_t pid = child_since(before);
  told_sentences told;
  server.keep(std::ref(told));
  for (std::size_t restart = 1; restart <= kept_server::most_restarts; ++restart) {
    before = all_children();
    ::kill(pid, SIGKILL);
    ASSERT_TRUE(told.await(restart));
    EXPECT_THAT(told.all.back(), HasSubstr("was killed by SIGKILL; it was started again"));
    pid = child_since(before);
    ASSERT_NE(pid, 0);
    EXPECT_EQ(server.given_up(), std::nullopt);
    client to(static_cast<std::uint16_t>(std::stoul(server.port())));
    EXPECT_EQ(to.get("/healthz").status, 200U);
  }
  ::kill(pid, SIGKILL);
  while (!server.given_up()) std::this_thread::sleep_for(1ms);
  EXPECT_THAT(*server.given_up(),
              EndsWith("killed by SIGKILL, after it had been started again 5 times"));
}

}  // namespace
}  // namespace regatta::test
