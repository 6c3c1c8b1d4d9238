// SPDX-License-Identifier: Apache-2.0
#include "harness/interpreter/interpreter.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <barrier>
#include <cerrno>
#include <latch>
#include <thread>
#include <vector>

#include "harness/contexts/blocking_runtime.hpp"
#include "harness/contexts/event_loop.hpp"
#include "harness/interpreter/shared_objects.hpp"
#include "tests/harness/http/scripted_server.hpp"

namespace regatta::test {
namespace {

using namespace std::chrono_literals;

// Each test that would hang without what it tests is ended by the suite's own time limit.
struct Interpreter : ::testing::Test {
  Interpreter() { interpreter::use(lock_model::gil); }
  ~Interpreter() override { interpreter::use(lock_model::none); }
};

TEST_F(Interpreter, OneSectionRunsAtATime) {
  int count = 0;  // not atomic: the lock is what makes this right
  const auto work = [&] {
    for (int i = 0; i < 500; ++i) {
      const interpreter::section python;
      const int seen = count;
      std::this_thread::yield();
      count = seen + 1;
    }
  };
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(work);
  threads.clear();
  EXPECT_EQ(count, 2000);
}

TEST_F(Interpreter, ACheckpointGivesTheLockToWhoAsksForIt) {
  std::atomic<bool> entered{false};
  std::latch begun(1);
  std::jthread other([&] {
    begun.wait();
    const interpreter::section python;
    entered = true;
  });
  const interpreter::section python;
  begun.count_down();
  while (!entered) interpreter::checkpoint();  // for ever, if it did not
  EXPECT_EQ(interpreter::switches(), 3U);      // here, there, and back
}

std::barrier<>* meeting = nullptr;
buffer meet(bytes_view, bytes_view) {
  meeting->arrive_and_wait();
  return {};
}

TEST_F(Interpreter, NativeKernelsRunSideBySide) {
  std::barrier both(2);
  meeting = &both;
  const auto item = [] {
    const interpreter::section python;
    (void)interpreter::run_kernel(native(meet), {}, {});
  };
  std::jthread one(item);
  std::jthread two(item);  // neither would come back from a meeting it cannot get to
}

std::atomic<int> kernels_inside{0};
std::atomic<int> most_kernels_inside{0};
buffer count_inside(bytes_view, bytes_view) {
  most_kernels_inside = std::max(most_kernels_inside.load(), ++kernels_inside);
  for (int i = 0; i < 1000; ++i) std::this_thread::yield();
  --kernels_inside;
  return {};
}

TEST_F(Interpreter, InterpretedKernelsDoNot) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] { (void)interpreter::run_kernel(count_inside, {}, {}); });
  }
  threads.clear();
  EXPECT_EQ(most_kernels_inside, 1);
}

TEST_F(Interpreter, ASectionWithinASectionIsNoDeadlock) {
  const interpreter::section outer;
  const interpreter::section inner;
  const interpreter::released waiting;
  std::jthread([] { const interpreter::section python; }).join();
}

TEST_F(Interpreter, LettingGoWithoutHoldingIsNothing) {
  const interpreter::released waiting;
  EXPECT_EQ(interpreter::switches(), 0U);
}

TEST_F(Interpreter, TakingItBackKeepsTheSystemCallsError) {
  const interpreter::section python;
  {
    const interpreter::released waiting;
    errno = ECONNREFUSED;
  }
  EXPECT_EQ(errno, ECONNREFUSED);
}

// Runs `wait` in a section; meanwhile another thread must get into one, and only then `end_wait`.
template <class Wait, class End>
void expect_another_section_during(Wait wait, End end_wait) {
  std::latch begun(1);
  std::jthread other([&] {
    begun.wait();
    const interpreter::section python;
    end_wait();
  });
  const interpreter::section python;
  begun.count_down();
  wait();
}

TEST_F(Interpreter, BlockingOperationsLetGo) {
  blocking_runtime runtime({{}, {}, {}});
  blocking_context context(runtime);
  blocking_context::event happened;
  expect_another_section_during([&] { happened.wait(context).get(); }, [&] { happened.set(); });
}

TEST_F(Interpreter, SleepLetsGo) {
  blocking_runtime runtime({{}, {}, {}});
  blocking_context context(runtime);
  std::atomic<bool> entered{false};
  expect_another_section_during(
      [&] {
        while (!entered) context.sleep(1ms).get();
      },
      [&] { entered = true; });
}

TEST_F(Interpreter, HttpLetsGoWhileItWaitsForTheAnswer) {
  std::latch answer(1);
  scripted_server server([&](raw_connection& connection, int) {
    if (!connection.request()) return;
    answer.wait();
    connection.send(ok_with("done"));
  });
  blocking_runtime runtime({{}, {{"llm", server.url()}}, {}});
  blocking_context context(runtime);
  expect_another_section_during([&] { EXPECT_EQ(context.http("llm", {}).get().body, "done"); },
                                [&] { answer.count_down(); });
}

TEST_F(Interpreter, GatheredBranchesTakeTurnsAndTheirParentLetsGo) {
  blocking_runtime runtime({{}, {}, {}});
  blocking_context context(runtime);
  const interpreter::section python;
  const auto branch = [&](std::size_t i) -> blocking_task<std::size_t> {
    co_await context.sleep(1ms);
    co_return i;
  };
  EXPECT_EQ(context.gather(3, branch).get(), (std::vector<std::size_t>{0, 1, 2}));
}

TEST_F(Interpreter, HandlersOfTwoLoopsTakeTurnsAndALoopThatWaitsLetsGo) {
  int inside = 0;
  int most = 0;
  const auto task = [&](event_loop& loop) -> async_task<void> {
    for (int i = 0; i < 100; ++i) {
      co_await loop.yield();
      most = std::max(most, ++inside);
      --inside;
    }
    // Both loops wait here; one that held the lock meanwhile would keep the other from its end.
    co_await sleep_until(loop, std::chrono::steady_clock::now() + 5ms);
    ++inside;
    --inside;
  };
  const auto run = [&] {
    event_loop loop;
    loop.start(task(loop));
    loop.run();
  };
  {
    std::jthread one(run);
    std::jthread two(run);
  }
  EXPECT_EQ(most, 1);
  const interpreter::section python;  // and neither has kept it
}

TEST_F(Interpreter, AForkedChildHasALockOfItsOwn) {
  std::latch held(1);
  std::latch may_end(1);
  std::jthread holder([&] {
    const interpreter::section python;
    held.count_down();
    may_end.wait();
  });
  held.wait();
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(60);
    const interpreter::section python;
    ::_exit(0);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  may_end.count_down();
  EXPECT_TRUE(WIFEXITED(status)) << "the child waited for its parent's lock";
}

TEST(InterpreterWithoutALock, SectionsRunSideBySide) {
  std::barrier both(2);
  const auto item = [&] {
    const interpreter::section python;
    both.arrive_and_wait();
  };
  std::jthread one(item);
  std::jthread two(item);
}

TEST(FreeThreaded, SectionsRunSideBySideAndCheckpointsTouchSharedObjects) {
  interpreter::use(lock_model::free_threaded);
  const auto before = interpreter::shared_objects::references();
  std::barrier both(2);
  std::atomic<std::uint64_t> touched{0};
  const auto item = [&] {
    const interpreter::section python;
    both.arrive_and_wait();
    for (int i = 0; i < 10'000; ++i) interpreter::checkpoint();
    touched += interpreter::shared_objects::touched_by_this_thread();
  };
  {
    std::jthread one(item);
    std::jthread two(item);
  }
  interpreter::use(lock_model::none);
  EXPECT_EQ(touched, 2 * (10'000U / interpreter::shared_objects::checkpoints_each));
  EXPECT_EQ(interpreter::shared_objects::references(), before) << "a count was lost";
}

}  // namespace
}  // namespace regatta::test
