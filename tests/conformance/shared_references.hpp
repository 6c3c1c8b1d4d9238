// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "harness/runner/cell_process.hpp"

namespace regatta::test {

/// A workload's dataset, right answers and services, as the runner makes them.
struct shared_reference {
  workload_options options;
  endpoint_map endpoints;
  unique_fd dataset;
  reference_result result;
};

/// One reference per workload, made when it is first asked for and shared by the tests of this process: they
/// cost more than what is tested. The services are as fast as they can be.
class shared_references {
 public:
  static const shared_reference& of(const std::string& workload);
  /// Ends the services and forgets all references.
  static void end();
};

}  // namespace regatta::test
