// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "harness/process/worker_role.hpp"
#include "tools/command_line.hpp"

// What ThreadSanitizer cannot see, by the function that frees what others have used:
//   - libstdc++.so counts the references to an exception, and is not instrumented: that whoever
//     waited for a future is done with its exception before the last reference goes;
//   - Asio counts those to an executor, and orders the last one with a fence, which is not modelled.
extern "C" const char* __tsan_default_suppressions() {
  return "race:^std::__exception_ptr::exception_ptr::_M_release\n"
         "race:^boost::asio::execution::detail::shared_target_executor::~shared_target_executor\n";
}

// A first argument that is no flag is a verb: a cell, a worker or a server that a test has started.
int main(int argc, char** argv) {
  regatta::become_worker_if_asked(argc, argv);  // of the executors that tests make
  if (argc > 1 && argv[1][0] != '-') return regatta::run_command_line(argc, argv);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
