// SPDX-License-Identifier: Apache-2.0
// What it costs to have a kernel run elsewhere, and what the books cost: an upper bound on how
// small an item may be for a backend.
#include <benchmark/benchmark.h>

#include "harness/contexts/worker_pool.hpp"
#include "harness/load/epoch.hpp"
#include "harness/process/process_pool.hpp"
#include "harness/process/spsc_ring.hpp"

namespace regatta {
namespace {

constexpr int batch = 1000;

buffer no_work(bytes_view, bytes_view) { return buffer(8); }

void claim_and_answer(benchmark::State& state) {
  const digest key = digest_of(buffer(64));
  const buffer answer(64);
  for (auto _ : state) {
    epoch slice({.in_flight = 1, .item_limit = batch}, std::span(&key, 1));
    recorder& notes = slice.new_recorder();
    while (const auto which = slice.claim()) notes.answered(*which, answer);
    benchmark::DoNotOptimize(&slice);
  }
  state.SetItemsProcessed(state.iterations() * batch);
}

async_task<void> offload_chain(worker_pool& pool, event_loop& loop, int count) {
  for (int i = 0; i < count; ++i) {
    benchmark::DoNotOptimize(co_await offload(pool, loop, [] { return no_work({}, {}); }));
  }
}
void offload_to_threads(benchmark::State& state) {
  event_loop loop;
  worker_pool pool(2, {});
  const auto slots = static_cast<int>(state.range(0));
  for (auto _ : state) {
    for (int i = 0; i < slots; ++i) loop.start(offload_chain(pool, loop, batch / slots));
    loop.run();
  }
  state.SetItemsProcessed(state.iterations() * (batch / slots * slots));
}

async_task<void> kernel_chain(process_pool& pool, bytes_view input, int count) {
  for (int i = 0; i < count; ++i) {
    benchmark::DoNotOptimize(co_await pool.run_kernel(no_work, input));
  }
}
void offload_to_processes(benchmark::State& state) {
  const workload_info info{
      .name = "none", .kind = work_kind::cpu_bound, .summary = {}, .needs = {}};
  struct no_items final : workload_instance {
    std::uint64_t distinct_items() const override { return 1; }
    bytes_view input(std::uint64_t) const override { return {}; }
    async_task<buffer> run(async_context&, item) const override { co_return buffer(); }
    blocking_task<buffer> run(blocking_context&, item) const override { co_return buffer(); }
  } const nothing;
  const backend_setup setup{.info = info,
                            .workload = nothing,
                            .dataset = {},
                            .options = {},
                            .in_flight = 64,
                            .cpus = read_cpu_limits(),
                            .endpoints = {},
                            .api_key = {},
                            .max_answer_bytes = 64,
                            .preparation = nullptr};
  event_loop loop;
  process_pool pool(loop, setup, start_method::fork, 2, {});
  const buffer input(64);
  const auto slots = static_cast<int>(state.range(0));
  for (auto _ : state) {
    for (int i = 0; i < slots; ++i) loop.start(kernel_chain(pool, input, batch / slots));
    loop.run();
  }
  state.SetItemsProcessed(state.iterations() * (batch / slots * slots));
}

void ring_push_pop(benchmark::State& state) {
  auto ring = std::make_unique<spsc_ring<std::uint64_t, 1024>>();
  for (auto _ : state) {
    ring->push(1);
    benchmark::DoNotOptimize(ring->front());
    ring->pop();
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(claim_and_answer);
BENCHMARK(offload_to_processes)->Arg(1)->Arg(64)->UseRealTime();
BENCHMARK(offload_to_threads)->Arg(1)->Arg(64)->UseRealTime();
BENCHMARK(ring_push_pop);

}  // namespace
}  // namespace regatta
