// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/stopping_capture.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/syscall.h>

#include <algorithm>
#include <string>
#include <thread>

#include "harness/platform/proc_text.hpp"
#include "tests/harness/profiling/stacks/watched_child.hpp"

namespace regatta::profiling {
namespace {

using test::eventually;
using test::watched_child;

std::string status_field(pid_t process, const std::string& name) {
  const auto text = proc_text::read_file(fmt::format("/proc/{}/status", process)).value_or("");
  const std::size_t at = text.find(name + ":\t");
  if (at == std::string::npos) return "";
  const std::size_t begin = at + name.size() + 2;
  return text.substr(begin, text.find('\n', begin) - begin);
}

bool is_in_spin(process_symbols& names, const captured_stack& captured) {
  const named_stack stack = names.stack(captured);
  return std::ranges::any_of(stack.frames, [](const profile_frame& frame) {
    return frame.function.find("known::spin") != std::string::npos;
  });
}

TEST(StoppingCapture, HasTheStackOfAThreadThatComputesAndLetsItGoOn) {
  watched_child child(REGATTA_BLOCKED_PROGRAM, {"spin"});
  ASSERT_TRUE(child.is_ready());
  process_symbols names(child.pid());
  stopping_capture stopping;
  int in_spin = 0;
  EXPECT_TRUE(eventually([&] {  // soon after it is ready
    auto captured = stopping.capture(child.pid(), child.pid());
    for (const captured_stack& late : stopping.late()) captured = late;  // of a loaded machine
    if (captured && is_in_spin(names, *captured)) ++in_spin;
    return in_spin == 10;
  }));
  EXPECT_EQ(status_field(child.pid(), "TracerPid"), "0");
  EXPECT_TRUE(eventually([&] { return status_field(child.pid(), "State").starts_with("R"); }));
}

TEST(StoppingCapture, ASignalOnItsWayStillArrives) {
  watched_child child(REGATTA_BLOCKED_PROGRAM, {"spin"});
  ASSERT_TRUE(child.is_ready());
  stopping_capture stopping;
  std::thread([&] { ::kill(child.pid(), SIGTERM); }).join();
  // Whichever of the two is first, it ends by the signal.
  EXPECT_TRUE(eventually([&] {
    stopping.capture(child.pid(), child.pid());
    stopping.late();
    return status_field(child.pid(), "State").starts_with("Z");
  }));
}

TEST(StoppingCapture, AStoppedProcessStaysStopped) {
  watched_child child(REGATTA_BLOCKED_PROGRAM, {"spin"});
  ASSERT_TRUE(child.is_ready());
  ::kill(child.pid(), SIGSTOP);
  const auto is_stopped = [&] { return status_field(child.pid(), "State").starts_with("T"); };
  ASSERT_TRUE(eventually(is_stopped));
  stopping_capture stopping;
  bool captured = stopping.capture(child.pid(), child.pid()).has_value();
  EXPECT_TRUE(eventually([&] { return captured = captured || !stopping.late().empty(); }));
  EXPECT_TRUE(eventually(is_stopped));
  EXPECT_EQ(status_field(child.pid(), "TracerPid"), "0");
}

TEST(StoppingCapture, WhoMayNotBeStoppedIsKnownBeforehandAndNotTouched) {
  watched_child child(REGATTA_BLOCKED_PROGRAM, {"main"});
  ASSERT_TRUE(child.is_ready());
  EXPECT_EQ(stopping_capture::problem_with(child.pid()), std::nullopt);
  EXPECT_TRUE(eventually([&] { return status_field(child.pid(), "TracerPid") == "0"; }));
  const auto problem = stopping_capture::problem_with(0x3fffff);  // no such thread
  ASSERT_TRUE(problem);
  EXPECT_NE(problem->find("No such process"), std::string::npos) << *problem;
  EXPECT_FALSE(stopping_capture().capture(0x3fffff, 0x3fffff));
}

}  // namespace
}  // namespace regatta::profiling
