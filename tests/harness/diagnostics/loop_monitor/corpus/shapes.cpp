// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/diagnostics/loop_monitor/corpus/shapes.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <list>
#include <thread>
#include <vector>

#include "harness/diagnostics/loop_monitor/loop_monitor_asio.hpp"

namespace regatta::corpus {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

struct proportions {
  int threads = 1;
  int timers = 0;   // that expire every millisecond
  int fillers = 0;  // handlers that post themselves again
  std::chrono::microseconds filler_time{};
  bool strand = false;
};

proportions proportions_of(shape which) {
  switch (which) {
    case shape::one_thread:
      return {.timers = 1};
    case shape::four_threads:
      return {.threads = 4, .timers = 4};
    case shape::idle:
      return {};
    case shape::saturated:
      return {.fillers = 4, .filler_time = 100us};
    case shape::strand:
      return {.threads = 2, .timers = 2, .strand = true};
    case shape::many_short_handlers:
      return {.fillers = 20'000, .filler_time = 2us};
  }
  return {};
}

/// By the wall clock, so that a filler that lost its CPU is not longer for it.
void be_busy(std::chrono::microseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
}

class loop {
 public:
  loop(shape which, const scene& setting, const handler& work, int times)
      : has_(proportions_of(which)),
        strand_(asio::make_strand(io_)),
        monitor_(io_, setting.options),
        work_(work),
        left_(times),
        pause_(io_) {
    for (int i = 0; i < has_.timers; ++i) tick(timers_.emplace_back(io_));
    for (int i = 0; i < has_.fillers; ++i) fill();
    after(10ms, [this] { next(); });
  }

  void run() {
    std::vector<std::jthread> others;
    for (int i = 1; i < has_.threads; ++i) others.emplace_back([this] { io_.run(); });
    io_.run();
  }

 private:
  template <class Function>
  void submit(Function function) {
    if (has_.strand) {
      asio::post(strand_, std::move(function));
    } else {
      asio::post(io_, std::move(function));
    }
  }

  void after(std::chrono::milliseconds time, std::function<void()> then) {
    pause_.expires_after(time);
    pause_.async_wait([then = std::move(then)](boost::system::error_code) { then(); });
  }

  void next() {
    submit([this] {
      work_(io_);
      if (--left_ > 0) {
        next();
      } else {
        after(15ms, [this] { io_.stop(); });  // time to report how it ended
      }
    });
  }

  void tick(asio::steady_timer& timer) {
    timer.expires_after(1ms);
    timer.async_wait([this, &timer](boost::system::error_code) {
      if (has_.strand) asio::post(strand_, [] { be_busy(20us); });
      be_busy(20us);
      tick(timer);
    });
  }

  void fill() {
    asio::post(io_, [this] {
      be_busy(has_.filler_time);
      fill();
    });
  }

  proportions has_;
  asio::io_context
      io_;  // no hint: with "1" a handler's own posts stay hidden from a nested run_one
  asio::strand<asio::io_context::executor_type> strand_;
  loop_monitor monitor_;
  const handler& work_;
  int left_;  // changed by one handler at a time
  asio::steady_timer pause_;
  std::list<asio::steady_timer> timers_;
};

}  // namespace

const char* to_string(shape which) {
  switch (which) {
    case shape::one_thread:
      return "one_thread";
    case shape::four_threads:
      return "four_threads";
    case shape::idle:
      return "idle";
    case shape::saturated:
      return "saturated";
    case shape::strand:
      return "strand";
    case shape::many_short_handlers:
      return "many_short_handlers";
  }
  return "";
}

void run_loop(shape which, const scene& setting, const handler& work, int times) {
  loop(which, setting, work, times).run();
}

}  // namespace regatta::corpus
