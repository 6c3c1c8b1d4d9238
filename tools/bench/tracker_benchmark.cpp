// SPDX-License-Identifier: Apache-2.0
// What the task tracker costs a coroutine. Two programs are made of this file, with the tracker's
// header and without; the first starts the second, so that both figures come from one run:
//
//   regatta_tracker_bench            table: ns per coroutine without, tracked, with 8 and 16 frames
//   regatta_tracker_bench --check    exit 1 above the limits of docs/task-tracker.md
//
// A batch awaits many coroutines that return at once, as deep as a request handler is. The variants
// take turns, and the figure is the fastest of many batches: of what else runs on the machine, a
// batch has least then.
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#if defined(REGATTA_TRACK_TASKS) && REGATTA_TRACK_TASKS
#include "harness/diagnostics/task_tracker/registry.hpp"
#endif

namespace {

namespace asio = boost::asio;

constexpr int batch = 20'000;

[[gnu::noinline]] asio::awaitable<int> leaf(int value) { co_return value; }

asio::awaitable<void> await_leaves(long& sum, double& nanoseconds) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < batch; ++i) sum += co_await leaf(i);
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
  nanoseconds = took.count() / batch;
}

// Ten calls deep, so that there is a stack to walk.
[[gnu::noinline]] void run_deep(asio::io_context& io, int depth) {
  if (depth > 0) {
    run_deep(io, depth - 1);
    asm volatile("");  // no tail call
  } else {
    io.run();
  }
}

double nanoseconds_per_coroutine() {
  asio::io_context io(1);
  long sum = 0;
  double nanoseconds = 0;
  asio::co_spawn(io, await_leaves(sum, nanoseconds), asio::detached);
  run_deep(io, 10);
  if (sum != long{batch} * (batch - 1) / 2) std::abort();
  return nanoseconds;
}

}  // namespace

#if defined(REGATTA_TRACK_TASKS) && REGATTA_TRACK_TASKS

namespace {

double untracked_nanoseconds(const std::string& program) {
  std::FILE* const pipe = ::popen(program.c_str(), "r");
  double value = 0;
  const bool fine = pipe != nullptr && std::fscanf(pipe, "%lf", &value) == 1;
  if (pipe == nullptr || ::pclose(pipe) != 0 || !fine) {
    fmt::print(stderr, "regatta_tracker_bench: cannot run {}\n", program);
    std::exit(1);
  }
  return value;
}

struct variant {
  const char* name;
  int frames;  // -1: the program without the tracker
  double limit;
  double best = std::numeric_limits<double>::max();
};

}  // namespace

int main(int argc, char** argv) {
  const bool check = argc > 1 && std::strcmp(argv[1], "--check") == 0;
  std::vector<variant> variants{{"without the tracker", -1, 0},
                                {"tracked, no stack", 0, 25},
                                {"tracked, 8 frames", 8, 100},
                                {"tracked, 16 frames", 16, 0}};
  nanoseconds_per_coroutine();  // sets the registry up, and with it origin_depth
  for (int round = 0; round < 15; ++round) {
    for (variant& one : variants) {
      double measured = std::numeric_limits<double>::max();
      if (one.frames < 0) {
        measured = untracked_nanoseconds(std::string(argv[0]) + "_untracked");
      } else {
        regatta::internal::origin_depth = static_cast<unsigned>(one.frames);
        for (int i = 0; i < 20; ++i) measured = std::min(measured, nanoseconds_per_coroutine());
      }
      one.best = std::min(one.best, measured);
    }
  }
  const double plain = variants.front().best;
  bool within = true;
  for (const variant& one : variants) {
    const double extra = one.best - plain;
    fmt::print("{:20} {:6.1f} ns a coroutine  {:5.2f} x  {:+6.1f} ns{}\n", one.name, one.best,
               one.best / plain, extra,
               one.limit > 0 ? fmt::format("  (at most {:+.0f})", one.limit) : "");
    within = within && (one.limit <= 0 || extra <= one.limit);
  }
  return check && !within ? 1 : 0;
}

#else

int main() {
  double best = std::numeric_limits<double>::max();
  for (int i = 0; i < 20; ++i) best = std::min(best, nanoseconds_per_coroutine());
  fmt::print("{}\n", best);
}

#endif
