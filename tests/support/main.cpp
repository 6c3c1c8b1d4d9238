// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "harness/process/worker_role.hpp"
#include "tools/command_line.hpp"

// A first argument that is no flag is a verb: a cell, a worker or a server that a test has started.
int main(int argc, char** argv) {
  regatta::become_worker_if_asked(argc, argv);  // of the executors that tests make
  if (argc > 1 && argv[1][0] != '-') return regatta::run_command_line(argc, argv);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
