// SPDX-License-Identifier: Apache-2.0
#include "harness/runner/cell_memory.hpp"

#include "harness/platform/process_usage.hpp"

namespace regatta {

memory_summary memory_now(pid_t cell) {
  std::vector<pid_t> processes = descendants_of(cell);
  processes.push_back(cell);
  memory_summary seen;
  seen.processes = static_cast<unsigned>(processes.size());
  seen.threads = 0;
  seen.peak_pss = 0;
  for (const pid_t pid : processes) {
    const auto memory = memory_of(pid);
    if (!memory) continue;
    seen.peak_resident += memory->peak_resident_bytes;
    seen.threads += memory->threads;
    seen.kernel_bytes += memory->page_table_bytes + memory->kernel_stack_bytes;
    seen.peak_pss = seen.peak_pss && memory->proportional_bytes
                        ? std::optional(*seen.peak_pss + *memory->proportional_bytes)
                        : std::nullopt;
  }
  return seen;
}

}  // namespace regatta
