// SPDX-License-Identifier: Apache-2.0
// What the gate is tested with: ten benchmarks. SLOWER builds one with 15 % more work, CRASHES one
// that ends the process.
#include <benchmark/benchmark.h>

#include <cmath>
#include <csignal>
#include <cstdint>
#include <limits>

namespace {

// Each step needs the one before: nothing here depends on caches, alignment or luck.
std::uint64_t chain(std::int64_t steps) {
  std::uint64_t value = 1;
  for (std::int64_t i = 0; i < steps; ++i) {
    value = value * 6364136223846793005U + 1442695040888963407U;
    benchmark::DoNotOptimize(value);
  }
  return value;
}

void BM_chain(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(chain(state.range(0)));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}
BENCHMARK(BM_chain)->Arg(100)->Arg(1000)->Arg(1001);

// The name of another one with more behind it, and characters that mean something to a filter.
void BM_chain_long(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(chain(3000));
}
BENCHMARK(BM_chain_long);
template <class T>
void BM_sum(benchmark::State& state) {
  for (auto _ : state) {
    T sum = 0;
    for (int i = 0; i < 2000; ++i) benchmark::DoNotOptimize(sum += static_cast<T>(i));
  }
}
BENCHMARK_TEMPLATE(BM_sum, double);
BENCHMARK_TEMPLATE(BM_sum, std::uint64_t);

void BM_parse(benchmark::State& state) {
#ifdef SLOWER
  constexpr std::int64_t steps = 2300;
#else
  constexpr std::int64_t steps = 2000;
#endif
  for (auto _ : state) benchmark::DoNotOptimize(chain(steps));
}
BENCHMARK(BM_parse);

void BM_format(benchmark::State& state) {
#ifdef CRASHES
  std::raise(SIGSEGV);
#endif
  for (auto _ : state) benchmark::DoNotOptimize(chain(1500));
}
BENCHMARK(BM_format);

// Neither counter is JSON as the library writes it.
void BM_not_a_number(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(chain(1200));
  state.counters["share"] = std::numeric_limits<double>::quiet_NaN();
  state.counters["bound"] = -std::numeric_limits<double>::infinity();
}
BENCHMARK(BM_not_a_number);

void BM_root(benchmark::State& state) {
  for (auto _ : state) {
    double value = 2;
    for (int i = 0; i < 800; ++i) benchmark::DoNotOptimize(value = std::sqrt(value + i));
  }
}
BENCHMARK(BM_root)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
