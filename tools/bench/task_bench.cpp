// SPDX-License-Identifier: Apache-2.0
// The asynchronous colour's task against what it is instead of: boost::asio::awaitable and
// co_spawn.
#include <benchmark/benchmark.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "harness/contexts/event_loop.hpp"
#include "harness/tasks/blocking_task.hpp"

namespace regatta {
namespace {

namespace asio = boost::asio;

constexpr int batch = 1000;

async_task<int> leaf(int value) { co_return value; }
async_task<void> spawned(int& done) {
  ++done;
  co_return;
}
async_task<void> await_leaves(int& sum) {
  for (int i = 0; i < batch; ++i) sum += co_await leaf(i);
}
async_task<void> hop(event_loop& loop) {
  for (int i = 0; i < batch; ++i) co_await loop.yield();
}

asio::awaitable<int> asio_leaf(int value) { co_return value; }
asio::awaitable<void> asio_spawned(int& done) {
  ++done;
  co_return;
}
asio::awaitable<void> asio_await_leaves(int& sum) {
  for (int i = 0; i < batch; ++i) sum += co_await asio_leaf(i);
}
asio::awaitable<void> asio_hop(asio::io_context& io) {
  for (int i = 0; i < batch; ++i) co_await asio::post(io, asio::use_awaitable);
}

blocking_task<int> ready(int value) { co_return value; }

void spawn_async_task(benchmark::State& state) {
  event_loop loop;
  int done = 0;
  for (auto _ : state) {
    for (int i = 0; i < batch; ++i) loop.start(spawned(done));
    loop.run();
  }
  state.SetItemsProcessed(state.iterations() * batch);
}
void spawn_asio_awaitable(benchmark::State& state) {
  asio::io_context io(1);
  int done = 0;
  for (auto _ : state) {
    for (int i = 0; i < batch; ++i) asio::co_spawn(io, asio_spawned(done), asio::detached);
    io.restart();
    io.run();
  }
  state.SetItemsProcessed(state.iterations() * batch);
}

void await_async_task(benchmark::State& state) {
  event_loop loop;
  int sum = 0;
  for (auto _ : state) {
    loop.start(await_leaves(sum));
    loop.run();
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations() * batch);
}
void await_asio_awaitable(benchmark::State& state) {
  asio::io_context io(1);
  int sum = 0;
  for (auto _ : state) {
    asio::co_spawn(io, asio_await_leaves(sum), asio::detached);
    io.restart();
    io.run();
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations() * batch);
}

void hop_async_task(benchmark::State& state) {
  event_loop loop;
  for (auto _ : state) {
    loop.start(hop(loop));
    loop.run();
  }
  state.SetItemsProcessed(state.iterations() * batch);
}
void hop_asio_awaitable(benchmark::State& state) {
  asio::io_context io(1);
  for (auto _ : state) {
    asio::co_spawn(io, asio_hop(io), asio::detached);
    io.restart();
    io.run();
  }
  state.SetItemsProcessed(state.iterations() * batch);
}

void blocking_task_call(benchmark::State& state) {
  int value = 0;
  for (auto _ : state) value += ready(1).get();
  benchmark::DoNotOptimize(value);
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(spawn_async_task);
BENCHMARK(spawn_asio_awaitable);
BENCHMARK(await_async_task);
BENCHMARK(await_asio_awaitable);
BENCHMARK(hop_async_task);
BENCHMARK(hop_asio_awaitable);
BENCHMARK(blocking_task_call);

}  // namespace
}  // namespace regatta
