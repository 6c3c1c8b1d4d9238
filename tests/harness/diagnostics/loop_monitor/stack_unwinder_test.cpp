// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/loop_monitor/stack_unwinder.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "tests/support/sanitizers.hpp"

namespace regatta::internal {
namespace {

[[gnu::noinline]] void compute_until(const std::atomic<bool>& over) {
  while (!over) {
  }
}

#if defined(__x86_64__)
TEST(StackUnwinder, KnowsWhatCalleesPreserveUpToTheThreadsFirstFunction) {
  if (test::thread_sanitized) {
    GTEST_SKIP() << "ThreadSanitizer hands no signal to a thread that only computes";
  }
  std::atomic<bool> over{false};
  std::atomic<pid_t> computes{0};
  std::jthread thread([&] {
    computes = ::gettid();
    compute_until(over);
  });
  while (computes == 0) std::this_thread::yield();
  const auto copied = copy_stack(thread_probe(computes));
  over = true;
  const auto* const copy = std::get_if<stack_copy>(&copied);
  ASSERT_NE(copy, nullptr) << std::get<std::string>(copied);
  const std::vector<unwound_frame> frames = stack_unwinder().frames(*copy);
  ASSERT_GE(frames.size(), 3U);
  for (std::size_t i = 0; i + 1 < frames.size(); ++i) {  // of the outermost nobody cares
    for (const auto& value : frames[i].preserved) EXPECT_TRUE(value) << "in frame " << i;
  }
}
#endif

}  // namespace
}  // namespace regatta::internal
