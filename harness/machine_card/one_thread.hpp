// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>

#include "harness/machine_card.hpp"

namespace regatta::card {

std::optional<fractional_ns> measure_clock_read(std::chrono::nanoseconds budget);
std::optional<fractional_ns> measure_system_call(std::chrono::nanoseconds budget);

/// While no thread of the card is alive.
std::optional<fractional_ns> measure_fork_and_wait(std::chrono::nanoseconds budget);

struct memory_costs {
  std::optional<fractional_ns> page_fault;
  std::optional<double> copy_64_kib_gb_s, copy_64_mib_gb_s;
};
/// In a child, pinned to `cpu`, that the kernel may kill for its 128 MiB: then all is unknown but
/// what it had reported by then.
memory_costs measure_memory(int cpu, std::chrono::nanoseconds budget);

}  // namespace regatta::card
