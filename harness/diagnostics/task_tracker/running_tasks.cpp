// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/task_tracker/running_tasks.hpp"

#include "harness/diagnostics/own_memory.hpp"
#include "harness/diagnostics/task_tracker/registry.hpp"
#include "harness/diagnostics/task_tracker/snapshot.hpp"

namespace regatta::internal {

std::vector<raw_task> running_records(pid_t thread) {
  constexpr unsigned deepest = 64;
  std::vector<raw_task> chain;
  const tracker_thread* const there = tracker_thread_of(thread);
  if (there == nullptr) return chain;
  // A plain word that its thread writes meanwhile, and that goes with it: read as a debugger would.
  std::uintptr_t address = 0;
  if (read_own_memory(reinterpret_cast<std::uintptr_t>(&there->current), &address,
                      sizeof(address)) != sizeof(address)) {
    return chain;
  }
  const auto* record = reinterpret_cast<const task_record*>(address);
  std::uint64_t expected = 0;  // any
  for (unsigned level = 0; record != nullptr && level < deepest; ++level) {
    const auto raw = read_record(*record);  // records are never unmapped
    if (!raw || (expected != 0 && raw->serial != expected)) break;
    if (raw->kind == record_kind::root) break;
    if (raw->kind == record_kind::task) chain.push_back(*raw);
    record = record->parent_record.load(std::memory_order_relaxed);
    expected = raw->parent;
    if (expected == 0) break;
  }
  return chain;
}

std::vector<task_info> describe_running(const std::vector<raw_task>& records) {
  std::vector<task_info> tasks;
  for (const raw_task& record : records) {
    tasks.push_back(describe(record, coarse_now(), own_symbols(), own_string));
  }
  return tasks;
}

}  // namespace regatta::internal
