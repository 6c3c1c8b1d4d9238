// SPDX-License-Identifier: Apache-2.0
// What a call through an executor costs: there and back one at a time, and many through map(). The
// same beside std::async and boost::asio::thread_pool.
#include <benchmark/benchmark.h>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <future>
#include <numeric>

#include "harness/executor/executor.hpp"
#include "harness/platform/cpu_limits.hpp"

namespace regatta {
namespace {

constexpr int batch = 1'000;

int no_work(int value) { return value + 1; }

std::vector<int> many_numbers() {
  std::vector<int> numbers(batch);
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

void there_and_back(benchmark::State& state, const std::string& name) {
  try {
    executor ex = make_executor(name);
    for (auto _ : state) benchmark::DoNotOptimize(ex.submit(no_work, 1).result());
  } catch (const executor_unavailable& missing) {
    state.SkipWithError(missing.what());
  }
}

void map_many(benchmark::State& state, const std::string& name) {
  const std::vector<int> numbers = many_numbers();
  try {
    executor ex = make_executor(name);
    for (auto _ : state) {
      auto results = ex.map(no_work, numbers, {.chunk = static_cast<std::size_t>(state.range(0))});
      benchmark::DoNotOptimize(results.to_vector());
    }
  } catch (const executor_unavailable& missing) {
    state.SkipWithError(missing.what());
  }
  state.SetItemsProcessed(state.iterations() * batch);
}

void std_async_there_and_back(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(std::async(std::launch::async, no_work, 1).get());
  }
}

void std_async_many(benchmark::State& state) {
  for (auto _ : state) {
    std::vector<std::future<int>> all;
    for (int i = 0; i < batch; ++i) all.push_back(std::async(std::launch::async, no_work, i));
    for (auto& each : all) benchmark::DoNotOptimize(each.get());
  }
  state.SetItemsProcessed(state.iterations() * batch);
}

std::future<int> post_to(boost::asio::thread_pool& pool, int value) {
  std::packaged_task<int()> task([value] { return no_work(value); });
  std::future<int> answer = task.get_future();
  boost::asio::post(pool, std::move(task));
  return answer;
}

void asio_pool_there_and_back(benchmark::State& state) {
  boost::asio::thread_pool pool(read_cpu_limits().usable);
  for (auto _ : state) benchmark::DoNotOptimize(post_to(pool, 1).get());
}

void asio_pool_many(benchmark::State& state) {
  boost::asio::thread_pool pool(read_cpu_limits().usable);
  for (auto _ : state) {
    std::vector<std::future<int>> all;
    for (int i = 0; i < batch; ++i) all.push_back(post_to(pool, i));
    for (auto& each : all) benchmark::DoNotOptimize(each.get());
  }
  state.SetItemsProcessed(state.iterations() * batch);
}

BENCHMARK(std_async_there_and_back)->Name("executor_there_and_back/std::async")->UseRealTime();
BENCHMARK(asio_pool_there_and_back)
    ->Name("executor_there_and_back/asio::thread_pool")
    ->UseRealTime();
BENCHMARK(std_async_many)->Name("executor_map/std::async")->UseRealTime();
BENCHMARK(asio_pool_many)->Name("executor_map/asio::thread_pool")->UseRealTime();

const bool registered = [] {
  for (const executor_info& each : executors()) {
    benchmark::RegisterBenchmark(("executor_there_and_back/" + each.name).c_str(), there_and_back,
                                 each.name)
        ->UseRealTime();
    benchmark::RegisterBenchmark(("executor_map/" + each.name).c_str(), map_many, each.name)
        ->Arg(1)
        ->Arg(100)
        ->UseRealTime();
  }
  return true;
}();

}  // namespace
}  // namespace regatta
