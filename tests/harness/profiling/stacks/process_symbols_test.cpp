// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/process_symbols.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "harness/profiling/culprit.hpp"
#include "harness/profiling/perf_capture.hpp"
#include "harness/profiling/waiting_capture.hpp"
#include "tests/harness/profiling/stacks/temporary_folder.hpp"
#include "tests/harness/profiling/stacks/watched_child.hpp"

namespace regatta::profiling {
namespace {

using test::capture;
using test::temporary_folder;
using test::text_of;
using test::watched_child;

const profile_frame* find(const named_stack& stack, std::string_view function) {
  const auto found =
      std::find_if(stack.frames.begin(), stack.frames.end(), [&](const profile_frame& frame) {
        return frame.function.find(function) != std::string::npos;
      });
  return found != stack.frames.end() ? &*found : nullptr;
}

// In this order, with others between them.
void expect_chain(const named_stack& stack, const std::vector<std::string_view>& functions) {
  auto at = stack.frames.begin();
  for (const std::string_view function : functions) {
    at = std::find_if(at, stack.frames.end(), [&](const profile_frame& frame) {
      return frame.function.find(function) != std::string::npos;
    });
    EXPECT_NE(at, stack.frames.end()) << function << " is missing in\n" << text_of(stack);
  }
}

const std::vector<std::string_view> known_chain{"known::wait_long()",
                                                "known::inlined_step",
                                                "known::service::handle",
                                                "known::outer",
                                                "main",
                                                "_start"};

class BlockedProgram : public testing::Test {
 protected:
  void start(const std::string& program, const std::vector<std::string>& arguments) {
    child_ = std::make_unique<watched_child>(program, arguments);
    ASSERT_TRUE(child_->is_ready());
  }
  void find_sleeper() {
    const auto thread = child_->thread_in(SYS_clock_nanosleep);
    ASSERT_TRUE(thread) << "it does not sleep";
    thread_ = *thread;
  }
  void start_sleeper(const std::string& how) {
    start(REGATTA_BLOCKED_PROGRAM, {how});
    if (!HasFatalFailure()) find_sleeper();
  }
  captured_stack stopped_stack() {
    const auto stack = capture(thread_);
    if (!stack) ADD_FAILURE() << "ptrace is denied";
    return stack.value_or(captured_stack{});
  }

  std::unique_ptr<watched_child> child_;
  pid_t thread_ = 0;
};

TEST_F(BlockedProgram, IsUnwoundToItsStartWithInlinedFunctionsFilesAndLines) {
  ASSERT_NO_FATAL_FAILURE(start_sleeper("main"));
  process_symbols names(child_->pid());
  const named_stack stack = names.stack(stopped_stack());
  expect_chain(stack, known_chain);
  EXPECT_TRUE(stack.complete) << text_of(stack);
  EXPECT_EQ(stack.note, "");
  const profile_frame* const inlined = find(stack, "known::inlined_step");
  ASSERT_NE(inlined, nullptr);
  EXPECT_TRUE(inlined->inlined);
  EXPECT_NE(inlined->file.find("blocked_program.cpp"), std::string::npos);
  EXPECT_GT(inlined->line, 0U);
  EXPECT_EQ(inlined->module, REGATTA_BLOCKED_PROGRAM);
  const profile_frame* const blocker = culprit(stack.frames);
  ASSERT_NE(blocker, nullptr);
  EXPECT_EQ(blocker->function, "known::wait_long()");
}

TEST_F(BlockedProgram, IsUnwoundToTheStartOfAThread) {
  ASSERT_NO_FATAL_FAILURE(start_sleeper("thread"));
  ASSERT_NE(thread_, child_->pid());
  process_symbols names(child_->pid());
  const named_stack stack = names.stack(stopped_stack());
  expect_chain(stack, {"known::wait_long()", "known::service::handle", "known::outer"});
  EXPECT_TRUE(stack.complete) << text_of(stack);
  EXPECT_NE(stack.frames.back().function.find("clone"), std::string::npos) << text_of(stack);
}

TEST_F(BlockedProgram, IsReadFartherThanItsStackWasCopied) {
  ASSERT_NO_FATAL_FAILURE(start_sleeper("deep"));
  process_symbols names(child_->pid());
  captured_stack captured = stopped_stack();
  captured.stack.resize(4096);
  const named_stack stack = names.stack(captured);
  expect_chain(stack, {"known::wait_long()", "known::recurse", "known::deep", "known::outer"});
  EXPECT_TRUE(stack.complete);
  child_->kill();
  const named_stack shorter = names.stack(captured);
  expect_chain(shorter, {"known::wait_long()", "known::recurse"});
  EXPECT_FALSE(shorter.complete) << text_of(shorter);
}

TEST_F(BlockedProgram, IsReadWithoutBeingStopped) {
  ASSERT_NO_FATAL_FAILURE(start_sleeper("main"));
  process_symbols names(child_->pid());
  std::optional<captured_stack> captured;
  ASSERT_TRUE(test::eventually(
      [&] { return (captured = capture_waiting_thread(child_->pid(), thread_)).has_value(); }));
  const named_stack stack = names.stack(*captured);
  expect_chain(stack, known_chain);
  EXPECT_TRUE(stack.complete) << text_of(stack);
}

TEST_F(BlockedProgram, IsSampledWhileItRuns) {
  ASSERT_NO_FATAL_FAILURE(start(REGATTA_BLOCKED_PROGRAM, {"spin"}));
  EXPECT_FALSE(capture_waiting_thread(child_->pid(), child_->pid()));
  perf_capture samples({.hertz = 997});
  if (const auto problem = samples.add(child_->pid())) GTEST_SKIP() << *problem;
  EXPECT_EQ(samples.add(child_->pid()), std::nullopt);
  std::vector<perf_sample> taken;
  ASSERT_TRUE(test::eventually([&] { return !(taken = samples.read()).empty(); }));
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  EXPECT_LE(taken.back().time, now);
  EXPECT_EQ(taken.back().stack.tid, child_->pid());
  process_symbols names(child_->pid());
  const named_stack stack = names.stack(taken.back().stack);
  expect_chain(stack, {"known::spin()", "known::service::handle", "known::outer", "main"});
  EXPECT_TRUE(stack.complete) << text_of(stack);
}

TEST_F(BlockedProgram, IsSampledNoMoreWhenItIsRemovedAndLostSamplesAreCounted) {
  ASSERT_NO_FATAL_FAILURE(start(REGATTA_BLOCKED_PROGRAM, {"spin"}));
  perf_capture samples({.hertz = 2000});
  if (const auto problem = samples.add(child_->pid())) GTEST_SKIP() << *problem;
  // There is room for some ten milliseconds of a whole CPU; it may get a part of one.
  EXPECT_TRUE(test::eventually([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    samples.read();
    return samples.lost() > 0;
  }));
  samples.remove(child_->pid());
  EXPECT_TRUE(samples.read().empty());
  EXPECT_NE(perf_capture({}).add(0x3fffff), std::nullopt);  // no such thread
}

TEST_F(BlockedProgram, MayHaveLoadedALibrarySince) {
  ASSERT_NO_FATAL_FAILURE(start(REGATTA_BLOCKED_PROGRAM, {"plugin", REGATTA_BLOCKED_PLUGIN}));
  process_symbols names(child_->pid());
  child_->tell();
  ASSERT_NO_FATAL_FAILURE(find_sleeper());
  const named_stack stack = names.stack(stopped_stack());
  expect_chain(stack, {"known::wait_long()", "call_from_plugin", "main"});
  EXPECT_TRUE(stack.complete) << text_of(stack);
  const profile_frame* const loaded = find(stack, "call_from_plugin");
  ASSERT_NE(loaded, nullptr);
  EXPECT_EQ(loaded->module, REGATTA_BLOCKED_PLUGIN);
}

TEST_F(BlockedProgram, MayHaveBeenReplacedByAnotherFile) {
  const temporary_folder folder;
  const std::string program = folder.file("program");
  std::filesystem::copy_file(REGATTA_BLOCKED_PROGRAM, program);
  ASSERT_NO_FATAL_FAILURE(start(program, {"main"}));
  ASSERT_NO_FATAL_FAILURE(find_sleeper());
  std::filesystem::remove(program);
  std::ofstream(program) << "not the program";
  process_symbols names(child_->pid());
  const named_stack stack = names.stack(stopped_stack());
  expect_chain(stack, known_chain);
  EXPECT_TRUE(stack.complete) << text_of(stack);
}

// Without privileges there is only the memory to read it from: names of exported functions.
TEST_F(BlockedProgram, MayHaveLostTheFileOfALibrary) {
  const temporary_folder folder;
  const std::string plugin = folder.file("plugin.so");
  std::filesystem::copy_file(REGATTA_BLOCKED_PLUGIN, plugin);
  ASSERT_NO_FATAL_FAILURE(start(REGATTA_BLOCKED_PROGRAM, {"plugin", plugin}));
  child_->tell();
  ASSERT_NO_FATAL_FAILURE(find_sleeper());
  std::filesystem::remove(plugin);
  process_symbols names(child_->pid());
  const captured_stack captured = stopped_stack();
  child_->kill();
  const named_stack stack = names.stack(captured);
  expect_chain(stack, {"known::wait_long()", "call_from_plugin", "main"});
  EXPECT_TRUE(stack.complete) << text_of(stack);
}

TEST_F(BlockedProgram, MayHaveEndedBeforeItsStackIsNamed) {
  ASSERT_NO_FATAL_FAILURE(start_sleeper("main"));
  process_symbols names(child_->pid());
  const captured_stack captured = stopped_stack();
  child_->kill();
  const named_stack stack = names.stack(captured);
  expect_chain(stack, known_chain);
  EXPECT_TRUE(stack.complete) << text_of(stack);
}

TEST_F(BlockedProgram, ThatEndedBeforeItWasLookedAtHasAddressesAndANote) {
  ASSERT_NO_FATAL_FAILURE(start_sleeper("main"));
  const captured_stack captured = stopped_stack();
  const pid_t pid = child_->pid();
  child_->kill();
  process_symbols names(pid);
  const named_stack stack = names.stack(captured);
  ASSERT_EQ(stack.frames.size(), 1U);
  EXPECT_EQ(stack.frames.front().function, fmt::format("{:#x}", captured.registers[16]));
  EXPECT_FALSE(stack.complete);
  EXPECT_NE(stack.note.find("could not be read"), std::string::npos) << stack.note;
}

TEST_F(BlockedProgram, MayBeWhereOnlyItsMountNamespaceHasIt) {
  const std::string script =
      fmt::format("mount -t tmpfs none /mnt && cp {} /mnt/hidden && exec /mnt/hidden main",
                  REGATTA_BLOCKED_PROGRAM);
  child_ = std::make_unique<watched_child>(
      "/usr/bin/unshare", std::vector<std::string>{"--mount", "/bin/sh", "-c", script});
  if (!child_->is_ready()) GTEST_SKIP() << "mount namespaces are denied";
  ASSERT_NO_FATAL_FAILURE(find_sleeper());
  process_symbols names(child_->pid());
  const named_stack stack = names.stack(stopped_stack());
  expect_chain(stack, known_chain);
  const profile_frame* const hidden = find(stack, "known::outer");
  ASSERT_NE(hidden, nullptr);
  EXPECT_EQ(hidden->module, "/mnt/hidden");
}

TEST_F(BlockedProgram, WithARuinedStackGivesWhatIsCertain) {
  ASSERT_NO_FATAL_FAILURE(start_sleeper("main"));
  process_symbols names(child_->pid());
  captured_stack captured = stopped_stack();
  std::fill(captured.stack.begin(), captured.stack.end(), std::byte{0x41});
  const named_stack stack = names.stack(captured);
  EXPECT_GE(stack.frames.size(), 1U);
  EXPECT_FALSE(stack.complete);
  captured.registers = {};
  EXPECT_EQ(names.stack(captured).frames.size(), 1U);
}

}  // namespace
}  // namespace regatta::profiling
