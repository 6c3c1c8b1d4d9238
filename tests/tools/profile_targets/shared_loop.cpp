// SPDX-License-Identifier: Apache-2.0
// An io_context served by several threads; with a second argument, a handler sleeps now and then.
#include <boost/asio.hpp>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <thread>
#include <vector>

namespace asio = boost::asio;
using namespace std::chrono_literals;

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 1;
  const bool blocks = argc > 2;
  asio::io_context loop(threads);
  asio::steady_timer end(loop, 1500ms), tick(loop);
  end.async_wait([&](auto) { loop.stop(); });
  int turn = 0;
  std::function<void(boost::system::error_code)> on_tick = [&](boost::system::error_code) {
    if (blocks && ++turn % 4 == 0) std::this_thread::sleep_for(250ms);
    for (int i = 0; i < 4; ++i) asio::post(loop, [] {});
    tick.expires_after(60ms);
    tick.async_wait(on_tick);
  };
  on_tick({});
  std::vector<std::jthread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back([&] { loop.run(); });
  loop.run();
}
