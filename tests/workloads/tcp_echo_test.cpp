// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "harness/service.hpp"
#include "tests/harness/contexts/colours.hpp"
#include "tests/support/children.hpp"
#include "tests/workloads/opened_workload.hpp"

// Starts a real child process: this binary as `tcp-echo`, which the tests' main passes on.

namespace regatta::test {
namespace {

std::unique_ptr<running_service> started() {
  return services().at("echo")(
      {.seed = 1, .scale = dataset_scale::quick, .directory = {}, .settings = {}});
}

template <class Colour>
class TcpEcho : public testing::Test {};
TYPED_TEST_SUITE(TcpEcho, both_colours, colour_names);

TYPED_TEST(TcpEcho, AnswersWithItsInput) {
  const auto service = started();
  const opened_workload workload("tcp-echo", quick_options());
  TypeParam colour({workload.dataset(), {{"echo", service->endpoint()}}, {}});
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  for (std::uint64_t i = 0; i < 3; ++i) {
    const item it{i, workload.input(i)};
    buffer got;
    colour.run([&](context& ctx) -> task { got = co_await workload.instance().run(ctx, it); });
    EXPECT_EQ(got.size(), 1024U);
    EXPECT_EQ(got, to_buffer(it.input));
  }
}

TEST(TcpEchoWorkload, HasMessagesOfTheSizeAskedFor) {
  workload_options options = quick_options();
  options.parameters["payload"] = 77;
  const opened_workload workload("tcp-echo", options);
  EXPECT_EQ(workload.input(0).size(), 77U);
  EXPECT_NE(to_buffer(workload.input(0)), to_buffer(workload.input(1)));
}

TEST(TcpEchoService, SaysHowTheServerDied) {
  const auto before = all_children();
  const auto service = started();
  EXPECT_EQ(service->failure(), std::nullopt);
  const pid_t pid = child_since(before);
  ASSERT_NE(pid, 0);
  ::kill(pid, SIGKILL);
  siginfo_t ended{};
  ::waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOWAIT);
  EXPECT_EQ(service->failure(),
            "the TCP echo server (pid " + std::to_string(pid) + ") was killed by SIGKILL");
}

TEST(TcpEchoService, TakesNoSettings) {
  EXPECT_THROW(services().at("echo")({.seed = 1,
                                      .scale = dataset_scale::quick,
                                      .directory = {},
                                      .settings = {{"echo.delay", "1ms"}}}),
               std::invalid_argument);
}

}  // namespace
}  // namespace regatta::test
