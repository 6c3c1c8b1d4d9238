// SPDX-License-Identifier: Apache-2.0
// What exact mode costs a handler, beside Asio's own handler tracking. Three programs are made of
// this file: with neither, with exact mode, with Asio's; the second starts the others, so that all
// figures come from one run:
//
//   regatta_handler_cost_bench            table: ns per handler of each, and the differences
//   regatta_handler_cost_bench --check    exit 1 above the limits of docs/handler-tracking.md
//
// The programs take turns, and the figure is the fastest of many short batches: of what else runs
// on the machine, a batch has least then. Asio's tracking writes to /dev/null.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

namespace {

namespace asio = boost::asio;

constexpr std::array shapes{"post", "timer", "socket"};
using figures = std::array<double, shapes.size()>;

struct post_chain {
  static constexpr int handlers = 20'000;
  asio::io_context& io;
  int left = handlers;

  void step() {
    if (--left > 0) asio::post(io, [this] { step(); });
  }
};

// Many timers expire at once: one trip to the kernel for all of them.
struct timer_chain {
  static constexpr int handlers = 4'000;
  explicit timer_chain(asio::io_context& io) {
    for (int i = 0; i < 100; ++i) timers.emplace_back(io);
  }
  std::vector<asio::steady_timer> timers;
  int left = handlers;

  void step() {
    if (left == 0) return;
    const auto now = std::chrono::steady_clock::now();
    for (asio::steady_timer& timer : timers) {
      timer.expires_at(now);
      timer.async_wait([this](boost::system::error_code) {
        if (--left % 100 == 0) step();
      });
    }
  }
};

// A byte goes to and fro; one handler for each way.
struct socket_chain {
  static constexpr int handlers = 4'000;
  explicit socket_chain(asio::io_context& io) : near(io), far(io) {
    asio::local::connect_pair(near, far);
  }
  asio::local::stream_protocol::socket near, far;
  std::array<char, 1> byte{};
  int left = handlers;

  void step() {
    if (--left <= 0) return;
    near.write_some(asio::buffer(byte));
    far.async_read_some(asio::buffer(byte), [this](boost::system::error_code, std::size_t) {
      std::swap(near, far);
      step();
    });
  }
};

template <class Chain>
double nanoseconds_per_handler() {
  asio::io_context io(1);
  Chain chain{io};
  asio::post(io, [&] { chain.step(); });
  const auto start = std::chrono::steady_clock::now();
  io.run();
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
  if (chain.left != 0) std::abort();
  return took.count() / Chain::handlers;
}

void keep_fastest(figures& best, const figures& more) {
  for (std::size_t i = 0; i < best.size(); ++i) best[i] = std::min(best[i], more[i]);
}

constexpr figures slowest{std::numeric_limits<double>::max(), std::numeric_limits<double>::max(),
                          std::numeric_limits<double>::max()};

figures fastest_batches(int batches) {
  figures best = slowest;
  for (int i = 0; i < batches; ++i) {
    keep_fastest(best,
                 {nanoseconds_per_handler<post_chain>(), nanoseconds_per_handler<timer_chain>(),
                  nanoseconds_per_handler<socket_chain>()});
  }
  return best;
}

}  // namespace

#if defined(REGATTA_HANDLER_COST_DRIVER)

namespace {

constexpr double most_extra = 25;  // ns; see the issue
constexpr double least_ratio = 20;

figures of_program(const std::string& program) {
  std::FILE* const pipe = ::popen((program + " 2>/dev/null").c_str(), "r");
  figures values{};
  const bool fine =
      pipe != nullptr && std::fscanf(pipe, "%lf %lf %lf", &values[0], &values[1], &values[2]) == 3;
  if (pipe == nullptr || ::pclose(pipe) != 0 || !fine) {
    fmt::print(stderr, "regatta_handler_cost_bench: cannot run {}\n", program);
    std::exit(1);
  }
  return values;
}

}  // namespace

int main(int argc, char** argv) {
  const bool check = argc > 1 && std::strcmp(argv[1], "--check") == 0;
  figures plain = slowest;
  figures exact = slowest;
  figures asios = slowest;
  for (int round = 0; round < 15; ++round) {
    keep_fastest(plain, of_program(std::string(argv[0]) + "_plain"));
    keep_fastest(exact, fastest_batches(10));
    keep_fastest(asios, of_program(std::string(argv[0]) + "_asio"));
  }
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const double extra = exact[i] - plain[i];
    const double asios_extra = asios[i] - plain[i];
    fmt::print(
        "{:7} {:7.1f} ns a handler, in exact mode {:7.1f} ({:+6.1f}), with Asio's tracking {:8.1f} "
        "({:+8.1f}): {:5.1f} x\n",
        shapes[i], plain[i], exact[i], extra, asios[i], asios_extra, asios_extra / extra);
  }
  const double extra = exact[0] - plain[0];
  const double ratio = (asios[0] - plain[0]) / extra;
  fmt::print("limits for post: at most {:+.0f} ns, at least {:.0f} x\n", most_extra, least_ratio);
  return check && (extra > most_extra || ratio < least_ratio) ? 1 : 0;
}

#else

int main() {
  const figures best = fastest_batches(REGATTA_HANDLER_COST_BATCHES);
  fmt::print("{} {} {}\n", best[0], best[1], best[2]);
}

#endif
