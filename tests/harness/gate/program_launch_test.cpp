// SPDX-License-Identifier: Apache-2.0
#include "harness/gate/program_launch.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <set>
#include <string>
#include <system_error>
#include <thread>

#include "harness/platform/mapping.hpp"
#include "harness/platform/process_usage.hpp"
#include "harness/runner/cell_process.hpp"
#include "tests/support/sanitizers.hpp"

namespace regatta {
namespace {

using namespace std::chrono_literals;

bool never() { return false; }

program_launch shell(const std::string& script) {
  return {.program = "/bin/sh", .arguments = {"-c", script}};
}

std::string output_of(program_launch what) {
  const unique_fd output = memory_file(0);
  what.descriptors.emplace_back(output.get(), 1);
  const launch_result ended = run_to_end(what, never);
  EXPECT_EQ(ended.failure(), std::nullopt);
  return text_in(output.get());
}

TEST(ProgramLaunch, TellsHowAProgramEndedWithItsLastWords) {
  EXPECT_EQ(run_to_end(shell("exit 0"), never).failure(), std::nullopt);
  EXPECT_EQ(run_to_end(shell("exit 3"), never).failure(), "exited with code 3");
  EXPECT_EQ(
      run_to_end(shell("echo one >&2; printf 'cannot open x\\n\\n' >&2; exit 1"), never).failure(),
      "exited with code 1: cannot open x");
  EXPECT_EQ(run_to_end(shell("kill -SEGV $$"), never).failure(), "was killed by SIGSEGV");
}

TEST(ProgramLaunch, KeepsOnlyTheEndOfALongComplaint) {
  const auto ended = run_to_end(shell("yes complaint | head -n 100000 >&2; echo last >&2"), never);
  EXPECT_EQ(ended.last_words, "last");
}

TEST(ProgramLaunch, GivesTheOutputToWhoWantsIt) {
  EXPECT_EQ(output_of(shell("echo out; echo error >&2")), "out\n");
  EXPECT_EQ(run_to_end(shell("echo out"), never).failure(), std::nullopt);
}

TEST(ProgramLaunch, HasNothingOnStdinAndTheVariablesAskedFor) {
  program_launch what = shell("cat; echo $REGATTA_TEST");
  what.environment = {"REGATTA_TEST=7"};
  EXPECT_EQ(output_of(what), "7\n");
}

TEST(ProgramLaunch, IgnoresNoSignalThatWeIgnore) {
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  EXPECT_EQ(run_to_end(shell("kill -PIPE $$"), never).failure(), "was killed by SIGPIPE");
  ::signal(SIGPIPE, before);
}

TEST(ProgramLaunch, EndsWithTheGroupWhenTheTimeIsUp) {
  // The sleeper holds our output: it would keep the pipe open for a minute.
  program_launch what = shell("sleep 60 & wait");
  what.limit = 200ms;
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(run_to_end(what, never).failure(), "gave no answer within 0.2 s");
  EXPECT_LT(std::chrono::steady_clock::now() - began, 30s);
}

TEST(ProgramLaunch, LeavesNothingOfAProgramThatEnded) {
  const unique_fd output = memory_file(0);
  program_launch what = shell("sleep 60 & echo $!");
  what.descriptors = {{output.get(), 1}};
  run_to_end(what, never);
  const pid_t sleeper = std::stoi(text_in(output.get()));
  // Killed when run_to_end() returns, and gone soon after. A zombie has no memory either.
  const auto until = std::chrono::steady_clock::now() + 10s;
  while (memory_of(sleeper) && std::chrono::steady_clock::now() < until) {
    std::this_thread::yield();
  }
  EXPECT_FALSE(memory_of(sleeper));
}

TEST(ProgramLaunch, CanBeStopped) {
  int asked = 0;
  EXPECT_THROW(run_to_end(shell("sleep 60"), [&] { return ++asked == 2; }), interrupted_run);
}

TEST(ProgramLaunch, SaysWhatItCannotStart) {
  EXPECT_THROW(run_to_end({.program = "/nowhere/at/all", .arguments = {}}, never),
               std::system_error);
}

TEST(ProgramLaunch, CountsTheChildrensTimeAndMemory) {
  // A loop of the shell's own, in a child of it.
  const auto ended =
      run_to_end(shell("(i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done); true"), never);
  EXPECT_GT(ended.cpu, 0.001);
  EXPECT_GE(ended.wall, 0.9 * ended.cpu);
  EXPECT_GT(ended.max_rss, 100u << 10U);
}

TEST(ProgramLaunch, CountsLessOfOurMemoryWhenForked) {
  if (test::sanitized) GTEST_SKIP() << "its shadow memory is in every figure";
  program_launch what = shell("exit 0");
  what.forked = true;
  const auto ended = run_to_end(what, never);
  EXPECT_EQ(ended.failure(), std::nullopt);
  EXPECT_LE(inherited_rss(), run_to_end(shell("exit 0"), never).max_rss);
  EXPECT_GT(inherited_rss(), 0u);
}

TEST(LayoutPadding, IsOfRandomLength) {
  std::mt19937_64 random(1);
  std::set<std::size_t> lengths;
  for (int i = 0; i < 100; ++i) lengths.insert(layout_padding(random).size());
  EXPECT_GT(lengths.size(), 90u);
  EXPECT_LT(*lengths.rbegin(), 4200u);
}

}  // namespace
}  // namespace regatta
