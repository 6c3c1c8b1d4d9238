// SPDX-License-Identifier: Apache-2.0
// What escapes a handler or a detached coroutine, and who hears of it.
#include <gtest/gtest.h>
#include <signal.h>
#include <time.h>

#include <boost/asio.hpp>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "harness/diagnostics/handler_tracking/loop_metrics.hpp"
#include "harness/diagnostics/task_tracker/report.hpp"
#include "tests/harness/diagnostics/handler_tracking/handler_tests.hpp"

namespace regatta {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

TEST(Escaped, TheHandlerGetsEverythingAndRunThrowsAsEver) {
  collected_exceptions exceptions;
  asio::io_context io(1);
  const unsigned line = __LINE__ + 1;
  asio::post(io, [] { throw std::runtime_error("over board"); });
  EXPECT_THROW(io.run(), std::runtime_error);
  const auto contexts = exceptions.get();
  ASSERT_EQ(contexts.size(), 1U);
  EXPECT_EQ(contexts[0].type, "std::runtime_error");
  EXPECT_EQ(contexts[0].text, "over board");
  EXPECT_EQ(contexts[0].thread, ::gettid());
  EXPECT_FALSE(contexts[0].task);
  ASSERT_EQ(contexts[0].created.size(), 1U);
  EXPECT_TRUE(is_at(contexts[0].created[0].place, __FILE__, line)) << contexts[0].message;
  EXPECT_NE(contexts[0].message.find("over board"), std::string::npos);
  EXPECT_NE(contexts[0].message.find("exceptions_test.cpp"), std::string::npos);
  EXPECT_THROW(std::rethrow_exception(contexts[0].exception), std::runtime_error);
  EXPECT_EQ(metrics_of(&io).escaped, 1U);
}

TEST(Escaped, OfNoStandardType) {
  collected_exceptions exceptions;
  asio::io_context io(1);
  asio::post(io, [] { throw 42; });
  EXPECT_THROW(io.run(), int);
  ASSERT_EQ(exceptions.get().size(), 1U);
  EXPECT_EQ(exceptions.get()[0].type, "int");
}

TEST(Escaped, ThroughSeveralHandlersIsReportedOnceByTheInnermost) {
  collected_exceptions exceptions;
  asio::io_context io;  // with the hint 1, an inner run() would not see the post
  unsigned line = 0;
  asio::post(io, [&] {
    asio::post(io, [&] {
      line = __LINE__ + 1;
      asio::post(io, [] { throw std::runtime_error("through all"); });
      io.run_one();
    });
    io.run_one();
  });
  EXPECT_THROW(io.run(), std::runtime_error);
  const auto contexts = exceptions.get();
  ASSERT_EQ(contexts.size(), 1U);
  EXPECT_TRUE(is_at(contexts[0].created.at(0).place, __FILE__, line)) << contexts[0].message;
}

TEST(Escaped, AnotherOneAfterTheFirstWasCaughtIsReportedToo) {
  collected_exceptions exceptions;
  asio::io_context io(1);
  asio::io_context inner(1);
  asio::post(inner, [] { throw std::runtime_error("first"); });
  asio::post(io, [&] {
    try {
      inner.run();
    } catch (const std::runtime_error&) {
    }
    throw std::runtime_error("second");
  });
  EXPECT_THROW(io.run(), std::runtime_error);
  const auto contexts = exceptions.get();
  ASSERT_EQ(contexts.size(), 2U);
  EXPECT_EQ(contexts[0].text, "first");
  EXPECT_EQ(contexts[1].text, "second");
}

TEST(Escaped, TheExceptionLivesNoLongerThanItsHandlers) {
  asio::io_context io;  // with the hint 1, an inner run() would not see the post
  auto watched = std::make_shared<int>(1);
  std::weak_ptr<int> alive = watched;
  struct carrier {
    std::shared_ptr<int> cargo;
  };
  const exception_handler former = set_exception_handler([](const exception_context&) {});
  asio::post(io, [&] {
    asio::post(io, [cargo = std::move(watched)]() mutable { throw carrier{std::move(cargo)}; });
    try {
      io.run_one();
    } catch (const carrier&) {
    }
  });
  io.run();
  set_exception_handler(former);
  EXPECT_TRUE(alive.expired());
}

TEST(Escaped, AsALineOfJson) {
  exception_context context;
  context.message = "exception escaped: \"quoted\"\n";
  context.type = "std::logic_error";
  context.text = "lost";
  context.thread = 7;
  context.created = {{0x1234, "main", {"main.cpp", 12}, false}};
  const std::string line = format_exception_json(context);
  EXPECT_EQ(line.find('\n'), line.npos);
  const auto read = nlohmann::json::parse(line);
  EXPECT_EQ(read["finding"], "exception escaped");
  EXPECT_EQ(read["message"], context.message);
  EXPECT_EQ(read["exception"]["type"], "std::logic_error");
  EXPECT_EQ(read["exception"]["what"], "lost");
  EXPECT_EQ(read["thread"], 7);
  EXPECT_TRUE(read["function"].is_null());
  EXPECT_EQ(read["created"][0]["function"], "main");
  EXPECT_EQ(read["created"][0]["place"]["line"], 12);
}

TEST(Escaped, WithoutAHandlerABlockOnStderrOnceASecond) {
  asio::io_context io(1);
  const std::uint64_t before = escaped_exception_count();
  testing::internal::CaptureStderr();
  for (int i = 0; i < 1000; ++i) {
    asio::post(io, [] { throw std::logic_error("again and again"); });
  }
  while (io.stopped() == false) {
    try {
      io.run();
    } catch (const std::logic_error&) {
    }
  }
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(escaped_exception_count() - before, 1000U);
  std::size_t blocks = 0;
  for (auto at = text.find("again and again"); at != text.npos;
       at = text.find("again and again", at + 1)) {
    ++blocks;
  }
  EXPECT_GE(blocks, 1U) << text;
  EXPECT_LE(blocks, 20U) << text;
  EXPECT_NE(text.find("regatta: exception escaped: std::logic_error (again and again) left a "
                      "handler created in "),
            std::string::npos)
      << text;
}

TEST(Escaped, AHandlerThatThrowsIsToldOff) {
  asio::io_context io(1);
  const exception_handler former =
      set_exception_handler([](const exception_context&) { throw std::runtime_error("I too"); });
  asio::post(io, [] { throw 1; });
  testing::internal::CaptureStderr();
  EXPECT_THROW(io.run(), int);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("the exception handler threw"),
            std::string::npos);
  set_exception_handler(former);
}

#if REGATTA_TRACK_TASKS
asio::awaitable<void> sinks() {
  co_await asio::post(asio::use_awaitable);
  throw std::runtime_error("sunk");
}

TEST(Detached, ALostExceptionArrivesWithItsTask) {
  collected_exceptions exceptions;
  asio::io_context io(1);
  testing::internal::CaptureStderr();
  const unsigned line = __LINE__ + 1;
  asio::co_spawn(io, sinks(), asio::detached);
  io.run();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  const auto contexts = exceptions.get();
  ASSERT_EQ(contexts.size(), 1U);
  EXPECT_EQ(contexts[0].text, "sunk");
  ASSERT_TRUE(contexts[0].task);
  EXPECT_NE(contexts[0].task->function.find("sinks"), std::string::npos);
  EXPECT_TRUE(is_at(contexts[0].task->created, __FILE__, line)) << contexts[0].message;
  EXPECT_FALSE(contexts[0].created.empty());
}

TEST(Detached, TheTaskReportHandlerHearsOfItAsWell) {
  collected_exceptions exceptions;
  int findings = 0;
  const task_report_handler former =
      set_task_report_handler([&](const task_report&) { ++findings; });
  asio::io_context io(1);
  asio::co_spawn(io, sinks(), asio::detached);
  io.run();
  set_task_report_handler(former);
  EXPECT_EQ(findings, 1);
  EXPECT_EQ(exceptions.get().size(), 1U);
}

TEST(Detached, CancellationIsNoException) {
  collected_exceptions exceptions;
  asio::io_context io(1);
  asio::steady_timer timer(io, 1h);
  asio::co_spawn(
      io, [&]() -> asio::awaitable<void> { co_await timer.async_wait(asio::use_awaitable); },
      asio::detached);
  asio::post(io, [&] { timer.cancel(); });
  io.run();
  EXPECT_TRUE(exceptions.get().empty());
}
#endif

// A signal every 100 microseconds, on whichever thread.
class signal_storm {
 public:
  signal_storm() {
    struct sigaction action {};
    action.sa_handler = [](int) { count.fetch_add(1, std::memory_order_relaxed); };
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGRTMIN + 3, &action, nullptr);
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGRTMIN + 3;
    ::timer_create(CLOCK_MONOTONIC, &event, &timer_);
    const itimerspec each{{0, 100'000}, {0, 100'000}};
    ::timer_settime(timer_, 0, &each, nullptr);
  }
  ~signal_storm() { ::timer_delete(timer_); }
  signal_storm(const signal_storm&) = delete;
  signal_storm& operator=(const signal_storm&) = delete;

  static inline std::atomic<int> count{0};

 private:
  timer_t timer_{};
};

// Throws until none is left, on two threads.
void throw_often(int exceptions) {
  asio::io_context io(2);
  std::atomic<int> left{exceptions};
  struct thrower {
    asio::io_context& io;
    std::atomic<int>& left;
    void operator()() const {
      if (left.fetch_sub(1) <= 0) return;
      asio::post(io, *this);
      throw std::runtime_error("one of many");
    }
  };
  const auto run = [&] {
    for (;;) {
      try {
        io.run();
        return;
      } catch (const std::runtime_error&) {
      }
    }
  };
  asio::post(io, thrower{io, left});
  asio::post(io, thrower{io, left});
  std::thread other(run);
  run();
  other.join();
  EXPECT_EQ(metrics_of(&io).escaped, static_cast<std::uint64_t>(exceptions));
}

TEST(ManyExceptions, OnStderrWhileSignalsFire) {
  testing::internal::CaptureStderr();
  const std::uint64_t before = escaped_exception_count();
  {
    const signal_storm storm;
    throw_often(100'000);
  }
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(escaped_exception_count() - before, 100'000U);
  EXPECT_LT(text.size(), 200'000U) << "most were left out";
  EXPECT_NE(text.find("one of many"), std::string::npos);
  EXPECT_GT(signal_storm::count, 0);
}

TEST(ManyExceptions, WithAHandlerWhileSignalsFire) {
  std::atomic<int> heard{0};
  const exception_handler former =
      set_exception_handler([&](const exception_context&) { ++heard; });
  {
    const signal_storm storm;
    throw_often(100'000);
  }
  set_exception_handler(former);
  EXPECT_EQ(heard, 100'000);
}

TEST(Silence, OfAHealthyProgram) {
  testing::internal::CaptureStderr();
  {
    asio::io_context io(2);
    auto strand = asio::make_strand(io);
    for (int i = 0; i < 1000; ++i) asio::post(strand, [&io] { asio::post(io, [] {}); });
    asio::steady_timer timer(io, 1ms);
    timer.async_wait([](boost::system::error_code) {});
    asio::post(io, [] {
      try {
        throw std::runtime_error("caught inside");
      } catch (const std::runtime_error&) {
      }
    });
    std::thread other([&] { io.run(); });
    io.run();
    other.join();
    asio::post(io, [] {});  // dropped with the context
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace regatta
