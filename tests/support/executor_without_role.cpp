// SPDX-License-Identifier: Apache-2.0
// A program that forgets the first line of main that executors of processes need.
#include <cstdio>
#include <exception>

#include "harness/executor/executor.hpp"

int main() {
  try {
    regatta::executor ex = regatta::make_executor("process");
    std::puts("it was made");
  } catch (const std::exception& error) {
    std::puts(error.what());
  }
}
