// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>

#include "harness/diagnostics/loop_monitor/block_report.hpp"

namespace regatta::corpus {

/// What blocks a loop.
enum class fault {
  spin,
  regex,
  sqlite,
  exception_storm,
  page_faults,
  sleep,
  fsync,
  name_lookup,
  mutex,
  condition_wait,
  blocking_connect,
  nested_run_one,
};

inline constexpr std::array all_faults{fault::spin,
                                       fault::regex,
                                       fault::sqlite,
                                       fault::exception_storm,
                                       fault::page_faults,
                                       fault::sleep,
                                       fault::fsync,
                                       fault::name_lookup,
                                       fault::mutex,
                                       fault::condition_wait,
                                       fault::blocking_connect,
                                       fault::nested_run_one};

/// What a report must say of it.
struct label {
  std::string function;  ///< the blocker, without namespaces
  block_cause cause = block_cause::unknown;

  bool operator==(const label&) const = default;
};

const char* to_string(fault which);
label label_of(fault which);

}  // namespace regatta::corpus
