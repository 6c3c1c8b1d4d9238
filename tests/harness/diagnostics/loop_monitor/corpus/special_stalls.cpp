// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "harness/diagnostics/loop_monitor/loop_monitor_asio.hpp"
#include "tests/harness/diagnostics/loop_monitor/corpus/cases.hpp"
#include "tests/harness/diagnostics/loop_monitor/corpus/faults.hpp"
#include "tests/harness/diagnostics/loop_monitor/corpus/never_returning.hpp"

namespace regatta::corpus {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using boost::system::error_code;

/// A monitored context that is served until nothing is left to do, and for 150 ms at least: time to
/// report how a stretch ended.
struct watched_context {
  explicit watched_context(const monitor_options& options, int threads = 1)
      : threads(threads), io(threads), monitor(io, options) {}

  void serve() {
    after(150ms, [] {});
    std::vector<std::jthread> others;
    for (int i = 1; i < threads; ++i) others.emplace_back([this] { io.run(); });
    io.run();
  }

  template <class Function>
  void after(std::chrono::milliseconds time, Function function) {
    auto timer = std::make_shared<asio::steady_timer>(io, time);
    timer->async_wait([timer, function](error_code) { function(); });
  }

  int threads;
  asio::io_context io;
  loop_monitor monitor;
};

void never_returns(const scene& setting, void (*stall)(release&), const label& expected) {
  release wanted;
  monitor_options options = setting.options;
  options.on_report = wanted.on_report(setting.options.on_report);
  watched_context loop(options);
  loop.after(5ms, [&] { setting.log.record(expected, [&] { stall(wanted); }); });
  loop.serve();
}

void very_first_handler(const scene& setting) {
  watched_context loop(setting.options);
  const handler stall = handler_of(fault::sleep, setting.stall(), setting.log);
  asio::post(loop.io, [&] { stall(loop.io); });
  loop.serve();
}

/// That many of four threads at the same time; the others go on serving.
void several_of_four(const scene& setting, int blocked, fault which) {
  watched_context loop(setting.options, 4);
  const handler stall = handler_of(which, setting.stall(), setting.log);
  std::latch all_there(blocked);
  for (int i = 0; i < blocked; ++i) {
    loop.after(5ms, [&] {
      all_there.arrive_and_wait();
      stall(loop.io);
    });
  }
  for (int i = 0; i < 200; ++i) loop.after(std::chrono::milliseconds(i / 2), [] {});
  loop.serve();
}

asio::awaitable<int> stall_two_deep(const scene& setting) {
  setting.log.record(label_of(fault::sleep), [&] { stall_in_sleep(setting.stall()); });
  co_return 1;
}

asio::awaitable<int> await_one_deep(const scene& setting) {
  asio::steady_timer timer(co_await asio::this_coro::executor, 5ms);
  co_await timer.async_wait(asio::use_awaitable);
  co_return 1 + co_await stall_two_deep(setting);
}

void coroutine_chain(const scene& setting) {
  watched_context loop(setting.options);
  asio::co_spawn(loop.io, await_one_deep(setting), asio::detached);
  loop.serve();
}

void socket_handler(const scene& setting) {
  watched_context loop(setting.options);
  asio::local::stream_protocol::socket reader(loop.io), writer(loop.io);
  asio::local::connect_pair(reader, writer);
  const handler stall = handler_of(fault::mutex, setting.stall(), setting.log);
  std::array<char, 4> bytes{};
  asio::async_read(reader, asio::buffer(bytes), [&](error_code, std::size_t) { stall(loop.io); });
  loop.after(5ms, [&] { asio::write(writer, asio::buffer("ping", 4)); });
  loop.serve();
}

void dispatched_in_a_handler(const scene& setting) {
  watched_context loop(setting.options);
  const handler stall = handler_of(fault::spin, setting.stall(), setting.log);
  loop.after(5ms, [&] { asio::dispatch(loop.io, [&] { stall(loop.io); }); });
  loop.serve();
}

void two_in_a_row(const scene& setting) {
  watched_context loop(setting.options);
  const handler stall = handler_of(fault::sleep, setting.stall(), setting.log);
  loop.after(5ms, [&] {
    for (int i = 0; i < 2; ++i) asio::post(loop.io, [&] { stall(loop.io); });
  });
  loop.serve();
}

void much_longer_than_the_threshold(const scene& setting) {
  watched_context loop(setting.options);
  const handler stall = handler_of(fault::sleep, 12 * setting.threshold, setting.log);
  loop.after(5ms, [&] {
    stall(loop.io);
    loop.after(15ms, [] {});
  });
  loop.serve();
}

/// A loop that is not run but polled, by a program that has a loop of its own.
void polled(const scene& setting) {
  watched_context loop(setting.options);
  const handler stall = handler_of(fault::spin, setting.stall(), setting.log);
  loop.after(5ms, [&] { stall(loop.io); });
  const auto end = std::chrono::steady_clock::now() + 10 * setting.threshold;
  while (std::chrono::steady_clock::now() < end) {
    loop.io.poll();
    std::this_thread::sleep_for(1ms);
  }
}

void locked_database(const scene& setting) {
  watched_context loop(setting.options);
  loop.after(5ms, [&] {
    setting.log.record({"stall_in_sqlite_lock", block_cause::sleeping},
                       [&] { stall_in_sqlite_lock(setting.stall()); });
  });
  loop.serve();
}

}  // namespace

std::vector<test_case> special_stalls() {
  const label waiting{"stall_until_released", block_cause::condition};
  const label spinning{"stall_spinning_until_released", block_cause::computing};
  return {
      {"special/never_returns_waiting", 1,
       [=](const scene& it) { never_returns(it, &stall_until_released, waiting); }},
      {"special/never_returns_spinning", 1,
       [=](const scene& it) { never_returns(it, &stall_spinning_until_released, spinning); }},
      {"special/very_first_handler", 1, &very_first_handler},
      {"special/two_of_four_threads", 2,
       [](const scene& it) { several_of_four(it, 2, fault::sleep); }},
      {"special/all_of_four_threads", 4,
       [](const scene& it) { several_of_four(it, 4, fault::condition_wait); }},
      {"special/coroutine_chain", 1, &coroutine_chain},
      {"special/socket_handler", 1, &socket_handler},
      {"special/dispatched_in_a_handler", 1, &dispatched_in_a_handler},
      {"special/two_in_a_row", 2, &two_in_a_row},
      {"special/much_longer_than_the_threshold", 1, &much_longer_than_the_threshold},
      {"special/polled_loop", 1, &polled},
      {"special/locked_database", 1, &locked_database},
  };
}

}  // namespace regatta::corpus
