// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include "harness/cell/cell_main.hpp"

// Worker processes are this program started again.
int main(int argc, char** argv) {
  if (const auto internal = regatta::run_internal_role(argc, argv)) return *internal;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
