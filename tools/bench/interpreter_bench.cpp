// SPDX-License-Identifier: Apache-2.0
// What the interpreter-lock models cost where nothing contends: a checkpoint is in the loops of
// kernels, a section around every item, and both must be free when there is no model.
#include <benchmark/benchmark.h>

#include <thread>

#include "harness/interpreter/interpreter.hpp"

namespace regatta {
namespace {

void checkpoint(benchmark::State& state, lock_model model) {
  interpreter::use(model);
  for (auto _ : state) interpreter::checkpoint();
  interpreter::use(lock_model::none);
}
BENCHMARK_CAPTURE(checkpoint, none, lock_model::none);
BENCHMARK_CAPTURE(checkpoint, gil, lock_model::gil);
BENCHMARK_CAPTURE(checkpoint, free_threaded, lock_model::free_threaded);

// Another thread goes through the same objects meanwhile.
void checkpoint_beside_another(benchmark::State& state) {
  interpreter::use(lock_model::free_threaded);
  {
    std::atomic<bool> end{false};
    const std::jthread other([&] {
      while (!end.load(std::memory_order_relaxed)) interpreter::checkpoint();
    });
    for (auto _ : state) interpreter::checkpoint();
    end.store(true, std::memory_order_relaxed);
  }
  interpreter::use(lock_model::none);
}
BENCHMARK(checkpoint_beside_another);

void section(benchmark::State& state, lock_model model) {
  interpreter::use(model);
  for (auto _ : state) {
    const interpreter::section python;
    benchmark::DoNotOptimize(&python);
  }
  interpreter::use(lock_model::none);
}
BENCHMARK_CAPTURE(section, none, lock_model::none);
BENCHMARK_CAPTURE(section, gil, lock_model::gil);

// As around a system call.
void let_go_and_take_back(benchmark::State& state, lock_model model) {
  interpreter::use(model);
  {
    const interpreter::section python;
    for (auto _ : state) {
      const interpreter::released waiting;
      benchmark::DoNotOptimize(&waiting);
    }
  }
  interpreter::use(lock_model::none);
}
BENCHMARK_CAPTURE(let_go_and_take_back, none, lock_model::none);
BENCHMARK_CAPTURE(let_go_and_take_back, gil, lock_model::gil);

}  // namespace
}  // namespace regatta
