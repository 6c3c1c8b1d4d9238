// SPDX-License-Identifier: Apache-2.0
// An io_context served by several threads; with "blocks" a handler sleeps now and then,
// with "waits" it waits for another thread.
#include <boost/asio.hpp>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <future>
#include <string>
#include <thread>
#include <vector>

namespace asio = boost::asio;
using namespace std::chrono_literals;

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 1;
  const std::string fault = argc > 2 ? argv[2] : "";
  asio::io_context loop(threads);
  asio::steady_timer end(loop, 1500ms), tick(loop);
  end.async_wait([&](auto) { loop.stop(); });
  int turn = 0;
  std::function<void(boost::system::error_code)> on_tick = [&](boost::system::error_code) {
    if (++turn % 4 == 0 && fault == "blocks") std::this_thread::sleep_for(250ms);
    if (turn % 4 == 0 && fault == "waits") {
      std::async(std::launch::async, [] { std::this_thread::sleep_for(250ms); }).wait();
    }
    for (int i = 0; i < 4; ++i) asio::post(loop, [] {});
    tick.expires_after(60ms);
    tick.async_wait(on_tick);
  };
  on_tick({});
  std::vector<std::jthread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back([&] { loop.run(); });
  loop.run();
}
