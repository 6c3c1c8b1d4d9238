// SPDX-License-Identifier: Apache-2.0
// The same code on every executor named on the command line.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "harness/executor/executor.hpp"

namespace {
using namespace regatta;
using namespace std::chrono_literals;

struct range {
  int first = 0;
  int last = 0;
};

int primes_in(range numbers) {
  int count = 0;
  for (int n = std::max(numbers.first, 2); n < numbers.last; ++n) {
    bool prime = true;
    for (int d = 2; prime && d * d <= n; ++d) prime = n % d != 0;
    count += prime;
  }
  return count;
}

void count_primes(portable_executor ex) {
  std::vector<range> ranges;
  for (int first = 0; first < 100'000; first += 1'000) ranges.push_back({first, first + 1'000});

  int total = 0;
  for (const int count : ex.map(primes_in, ranges, {.chunk = 8, .timeout = 60s})) total += count;

  std::vector<future<int>> pieces;
  for (const range& each : {range{0, 10}, range{10, 100}, range{100, 1'000}}) {
    pieces.push_back(ex.submit(primes_in, each));
  }
  int below_thousand = 0;
  for (const future<int>& done : as_completed(pieces)) below_thousand += done.result();

  fmt::print("{}: {} primes below 100,000, {} of them below 1,000\n", ex.info().name, total,
             below_thousand);
}
}  // namespace

int main(int argc, char** argv) {
  become_worker_if_asked(argc, argv);
  for (int i = 1; i < argc; ++i) {
    try {
      count_primes(make_portable_executor(argv[i]));
    } catch (const std::exception& error) {
      fmt::print(stderr, "executor_example: {}\n", error.what());
      return 1;
    }
  }
  return 0;
}
