// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/system_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

#include "harness/diagnostics/loop_monitor/loop_monitor_asio.hpp"
#include "tests/support/sanitizers.hpp"

namespace regatta {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// Blocks its loop until somebody has heard of it: no test here depends on how long anything takes.
class heard_reports {
 public:
  monitor_options options() {
    return {.name = "tested", .threshold = 5ms, .on_report = [this](const block_report& report) {
              const std::lock_guard lock(mutex_);
              all_.push_back(report);
              changed_.notify_all();
            }};
  }
  [[gnu::noinline]] void block_until_heard(std::size_t count = 1) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return all_.size() >= count; });
  }
  bool has_heard_of(pid_t thread) {
    const std::lock_guard lock(mutex_);
    return std::any_of(all_.begin(), all_.end(),
                       [&](const auto& report) { return report.thread == thread; });
  }
  std::size_t count(block_phase phase) {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::count_if(
        all_.begin(), all_.end(), [&](const auto& report) { return report.phase == phase; }));
  }
  std::vector<block_report> all() {
    const std::lock_guard lock(mutex_);
    return all_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<block_report> all_;
};

struct LoopMonitor : testing::Test {
  // Of one handler, which blocks until that is heard.
  static void run_blocked(asio::io_context& loop, heard_reports& heard_by) {
    asio::steady_timer timer(loop, 1ms);
    timer.async_wait([&](auto) { heard_by.block_until_heard(); });
    loop.run();
  }

  heard_reports heard;
  asio::io_context io;
};

TEST_F(LoopMonitor, ReportsWhileTheLoopIsBlockedThenDoublesThenEnds) {
  loop_monitor monitor(io, heard.options());
  asio::post(io, [&] { heard.block_until_heard(3); });
  asio::steady_timer timer(io, 1ms);
  timer.async_wait([](auto) {});
  io.run();
  while (heard.all().back().phase != block_phase::ended) std::this_thread::yield();
  const auto reports = heard.all();
  EXPECT_EQ(reports[0].phase, block_phase::began);
  EXPECT_EQ(reports[1].phase, block_phase::continues);
  EXPECT_EQ(reports[2].phase, block_phase::continues);
  EXPECT_EQ(reports.back().phase, block_phase::ended);
  EXPECT_GE(reports[0].duration, 5ms);
  EXPECT_GE(reports[2].duration, 2 * (reports[1].duration - reports[1].threshold));
  EXPECT_GE(reports.back().duration, reports[2].duration);
  for (const block_report& report : reports) EXPECT_EQ(report.stretch, reports[0].stretch);
  EXPECT_EQ(reports[0].cause, block_cause::condition);
}

TEST_F(LoopMonitor, NamesTheFunctionAndTheHealthCounts) {
  loop_monitor monitor(io, heard.options());
  run_blocked(io, heard);
  ASSERT_FALSE(heard.all().empty());
  EXPECT_NE(heard.all()[0].blocker.function.find("block_until_heard"), std::string::npos);
  const loop_health health = monitor.health();
  EXPECT_EQ(health.stretches, 1U);
  EXPECT_GE(health.iterations, 1U);
}

TEST_F(LoopMonitor, FindsAHandlerThatBlocksBeforeTheFirstPoll) {
  asio::steady_timer timer(io, 1h);  // there is a reactor
  asio::post(io, [&] {
    heard.block_until_heard();
    io.stop();
  });
  loop_monitor monitor(io, heard.options());
  std::jthread server([&] { io.run(); });
  server.join();
  EXPECT_EQ(heard.all().at(0).cause, block_cause::condition);
}

TEST_F(LoopMonitor, FindsTheOneOfSeveralThreadsThatIsBlocked) {
  loop_monitor monitor(io, heard.options());
  asio::steady_timer timer(io, 1ms);
  timer.async_wait([&](auto) { heard.block_until_heard(); });
  std::vector<std::jthread> servers;
  for (int i = 0; i < 4; ++i) servers.emplace_back([&] { io.run(); });
  servers.clear();
  EXPECT_EQ(heard.all().at(0).cause, block_cause::condition);
}

// Calls itself, then computes until it is told that somebody has heard of it, 5 s at most.
[[gnu::noinline]] int recurse(int depth, const std::function<bool()>& is_heard) {
  if (depth > 0) {
    const int below = recurse(depth - 1, is_heard);
    asm volatile("" : : : "memory");  // a loop would not do
    return below + 1;
  }
  const auto give_up = std::chrono::steady_clock::now() + 5s;
  while (!is_heard() && std::chrono::steady_clock::now() < give_up) {
  }
  return 0;
}

TEST_F(LoopMonitor, FindsADeepRecursionOnOneOfSeveralThreads) {
  if (test::thread_sanitized) {
    GTEST_SKIP() << "ThreadSanitizer hands no signal to a thread that only computes";
  }
  loop_monitor monitor(io, heard.options());
  asio::steady_timer timer(io);
  const std::function<void()> tick = [&] {  // the other threads go on
    timer.expires_after(1ms);
    timer.async_wait([&](auto error) {
      if (!error) tick();
    });
  };
  tick();
  asio::post(io, [&] {
    recurse(3000, [&] { return heard.has_heard_of(::gettid()); });
    io.stop();
  });
  std::vector<std::jthread> servers;
  for (int i = 0; i < 3; ++i) servers.emplace_back([&] { io.run(); });
  servers.clear();
  const auto reports = heard.all();
  ASSERT_FALSE(reports.empty());
  const auto has = [&](std::string_view name) {
    const auto& stack = reports[0].stack;
    return std::any_of(stack.begin(), stack.end(), [&](const source_frame& frame) {
      return frame.function.find(name) != std::string::npos;
    });
  };
  EXPECT_TRUE(has("scheduler::run"));
  EXPECT_TRUE(has("recurse"));
  EXPECT_TRUE(has("frames left out"));
}

TEST_F(LoopMonitor, FindsAThreadThatOnlyComputesSinceItsFirstHandler) {
  if (test::thread_sanitized) {
    GTEST_SKIP() << "ThreadSanitizer hands no signal to a thread that only computes";
  }
  loop_monitor monitor(io, heard.options());
  std::atomic<pid_t> computes{0};
  std::atomic<bool> first_taken{false};
  asio::steady_timer timer(io, 1h);
  timer.async_wait([](auto) {});
  asio::post(io, [&] {  // holds the first thread until the second has its handler
    first_taken = true;
    while (computes == 0) {
    }
  });
  std::jthread first([&] { io.run(); });
  while (!first_taken) {
  }
  asio::post(io, [&] {
    computes = ::gettid();
    while (!heard.has_heard_of(computes)) {
    }
    io.stop();
  });
  std::jthread second([&] { io.run(); });
}

TEST_F(LoopMonitor, WatchesALoopThatRunsAlready) {
  if (test::thread_sanitized) {
    GTEST_SKIP() << "Asio reads, as a plain pointer, what is replaced atomically meanwhile";
  }
  auto work = asio::make_work_guard(io);
  asio::steady_timer timer(io, 1h);
  timer.async_wait([](auto) {});
  std::jthread server([&] { io.run(); });
  loop_monitor monitor(io, heard.options());
  asio::post(io, [&] { heard.block_until_heard(); });
  heard.block_until_heard();
  io.stop();
}

TEST_F(LoopMonitor, WatchesAPoolOfThreads) {
  asio::thread_pool pool(2);
  loop_monitor monitor(pool, heard.options());
  asio::post(pool, [&] { heard.block_until_heard(); });
  pool.join();
  EXPECT_FALSE(heard.all().empty());
}

TEST_F(LoopMonitor, EndsTellAllThatIsKnown) {
  {
    asio::io_context ends;
    loop_monitor monitor(ends, heard.options());
    run_blocked(ends, heard);
  }
  EXPECT_EQ(heard.all().back().phase, block_phase::ended);
}

TEST_F(LoopMonitor, TwoWatchOneLoop) {
  heard_reports first, second;
  loop_monitor one(io, first.options());
  loop_monitor other(io, second.options());
  asio::steady_timer timer(io, 1ms);
  timer.async_wait([&](auto) {
    first.block_until_heard();
    second.block_until_heard();
  });
  io.run();
}

TEST_F(LoopMonitor, RefusesWhatItCannotWatch) {
  asio::io_context unsafe(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE);
  EXPECT_THROW(loop_monitor{unsafe}, std::invalid_argument);
  EXPECT_THROW(loop_monitor(io, {.threshold = 999us}), std::invalid_argument);
  asio::execution_context no_loop;
  EXPECT_THROW(loop_monitor{no_loop}, std::invalid_argument);
}

TEST_F(LoopMonitor, ChangesNeitherWhatRunReturnsNorWhatRunOneRuns) {
  loop_monitor monitor(io, {.threshold = 1ms});
  int ran = 0;
  asio::steady_timer timer(io, 20ms);
  timer.async_wait([&](auto) { ++ran; });
  EXPECT_EQ(io.run_one(), 1U);
  EXPECT_EQ(ran, 1);
  asio::post(io, [&] { ++ran; });
  asio::post(io, [&] { ++ran; });
  io.restart();
  EXPECT_EQ(io.run(), 2U);
}

TEST_F(LoopMonitor, AReportAboutNobodyIsNotMade) {
  asio::steady_timer timer(io, 1ms);
  timer.async_wait([](auto) {});
  monitor_options options = heard.options();
  options.threshold = 100ms;  // a busy machine keeps a thread from its CPU for some milliseconds
  loop_monitor monitor(io, options);
  io.run();
  // The thread that served it is elsewhere now, for much longer than the threshold.
  std::this_thread::sleep_for(500ms);
  EXPECT_TRUE(heard.all().empty());
}

TEST_F(LoopMonitor, AForkedChildCanWatchLoopsOfItsOwn) {
  if (test::thread_sanitized) {
    GTEST_SKIP() << "ThreadSanitizer lets no child of a process with threads have any";
  }
  loop_monitor monitor(io, {.threshold = 1s});
  const pid_t child = ::fork();
  if (child == 0) {
    heard_reports own_heard;
    asio::io_context own;
    loop_monitor its_monitor(own, own_heard.options());
    run_blocked(own, own_heard);
    ::_exit(own_heard.all().empty() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(LoopMonitor, LeavesOutWhatIsTooMuchAndCountsIt) {
  monitor_options options = heard.options();
  options.most_reports_a_second = 1;
  loop_monitor monitor(io, options);
  // Until two have come within a second.
  while (monitor.health().left_out == 0) {
    asio::steady_timer timer(io, 1ms);
    timer.async_wait([&](auto) {
      const auto before = monitor.health().stretches;
      while (monitor.health().stretches == before) {
      }
    });
    io.restart();
    io.run();
  }
  EXPECT_LE(monitor.health().left_out + heard.count(block_phase::began),
            monitor.health().stretches);
}

}  // namespace
}  // namespace regatta
