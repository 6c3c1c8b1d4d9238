// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <thread>
#include <vector>

#include "harness/diagnostics/loop_monitor/loop_monitor_asio.hpp"
#include "tests/harness/diagnostics/loop_monitor/corpus/cases.hpp"
#include "tests/harness/diagnostics/loop_monitor/corpus/faults.hpp"
#include "tests/harness/diagnostics/loop_monitor/corpus/stopped_process.hpp"

namespace regatta::corpus {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using boost::system::error_code;

void spin_two_microseconds() {
  const auto end = std::chrono::steady_clock::now() + 2us;
  while (std::chrono::steady_clock::now() < end) {
  }
}

void queue_of_100000(const scene& setting) {
  asio::io_context io(1);
  const loop_monitor monitor(io, setting.options);
  for (int i = 0; i < 100'000; ++i) asio::post(io, &spin_two_microseconds);
  io.run();
}

/// A handler that waits in a nested run_one() for a timer, and the loop has nothing else to do.
void nested_and_idle(const scene& setting) {
  asio::io_context io(1);
  const loop_monitor monitor(io, setting.options);
  asio::steady_timer timer(io);
  asio::post(io, [&] {
    timer.expires_after(10 * setting.threshold);
    timer.async_wait([](error_code) {});
    io.run_one();
  });
  io.run();
}

void four_idle_threads(const scene& setting) {
  asio::io_context io(4);
  const loop_monitor monitor(io, setting.options);
  asio::steady_timer timer(io, 1s);
  timer.async_wait([](error_code) {});
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&io] { io.run(); });
}

/// Its handlers wait, but nobody runs it.
void stopped_and_restarted(const scene& setting) {
  asio::io_context io(1);
  const loop_monitor monitor(io, setting.options);
  for (int i = 0; i < 3; ++i) {
    asio::post(io, [&] { io.stop(); });
    asio::post(io, &spin_two_microseconds);
    io.run();
    std::this_thread::sleep_for(5 * setting.threshold);
    io.restart();
  }
}

/// One of two threads has left run() for work of its own, the other goes on.
void left_run(const scene& setting) {
  asio::io_context io(2);
  const loop_monitor monitor(io, setting.options);
  asio::steady_timer timer(io, 10 * setting.threshold);
  timer.async_wait([](error_code) {});
  std::jthread other([&] {
    io.run_one_for(20ms);
    stall_in_sleep(5 * setting.threshold);
  });
  asio::post(io, &spin_two_microseconds);
  io.run();
}

/// run_for() ends without a word to the scheduler: it is not stopped, and its handlers wait.
void elsewhere_between_runs(const scene& setting) {
  asio::io_context io(1);
  const auto work = asio::make_work_guard(io);
  const loop_monitor monitor(io, setting.options);
  for (int i = 0; i < 3; ++i) {
    io.run_for(10ms);
    for (int k = 0; k < 100; ++k) asio::post(io, &spin_two_microseconds);
    stall_in_sleep(5 * setting.threshold);
  }
}

void just_below_the_threshold(const scene& setting) {
  const handler work = handler_of(fault::sleep, setting.threshold * 3 / 4, setting.log);
  run_loop(shape::one_thread, setting, work, 10);
}

/// Two threads that are never out of work, and no handler is long.
void two_saturated_threads(const scene& setting) {
  asio::io_context io(2);
  const loop_monitor monitor(io, setting.options);
  const auto end = std::chrono::steady_clock::now() + 10 * setting.threshold;
  std::function<void()> again = [&] {
    spin_two_microseconds();
    if (std::chrono::steady_clock::now() < end) asio::post(io, again);
  };
  for (int i = 0; i < 100; ++i) asio::post(io, again);
  std::jthread other([&] { io.run(); });
  io.run();
}

}  // namespace

std::vector<test_case> special_healthy() {
  return {
      {"special/queue_of_100000/healthy", 0, &queue_of_100000},
      {"special/nested_and_idle/healthy", 0, &nested_and_idle},
      {"special/four_idle_threads/healthy", 0, &four_idle_threads},
      {"special/stopped_and_restarted/healthy", 0, &stopped_and_restarted},
      {"special/left_run/healthy", 0, &left_run},
      {"special/elsewhere_between_runs/healthy", 0, &elsewhere_between_runs},
      {"special/just_below_the_threshold/healthy", 0, &just_below_the_threshold},
      {"special/two_saturated_threads/healthy", 0, &two_saturated_threads},
      {"special/stopped_process/healthy", 0, &stopped_process},
  };
}

}  // namespace regatta::corpus
