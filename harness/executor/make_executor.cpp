// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>

#include "harness/executor/executor.hpp"
#include "harness/executor/internal/engines.hpp"
#include "harness/platform/cpu_limits.hpp"

namespace regatta {
namespace {

using internal::engine_maker;

struct entry {
  executor_info info;
  engine_maker make;
};

const std::vector<entry>& entries() {
  static const std::vector<entry> all = {
      {{.name = "serial",
        .summary = "in the submitting thread, before submit() returns: the reference",
        .concurrent = false,
        .one_at_a_time = true},
       internal::make_serial_engine},
      {{.name = "thread", .summary = "a pool of threads"}, internal::make_thread_engine},
      {{.name = "thread-per-item", .summary = "a new thread for every call, no pool"},
       internal::make_thread_per_item_engine},
      {{.name = "tbb", .summary = "tasks of a oneTBB arena"}, internal::make_tbb_engine},
      {{.name = "process",
        .summary = "a pool of worker processes, fed through sockets by an event loop",
        .in_processes = true},
       internal::make_process_engine},
      {{.name = "shared-memory",
        .summary = "a pool of worker processes, fed through rings in shared memory",
        .in_processes = true},
       internal::make_shared_memory_engine},
      {{.name = "coroutine", .summary = "one event loop on one thread", .one_at_a_time = true},
       internal::make_coroutine_engine},
      {{.name = "coroutine-mt", .summary = "an event loop per usable CPU, calls dealt out"},
       internal::make_coroutine_mt_engine},
      {{.name = "coroutine+thread",
        .summary = "a pool of threads behind an event loop, on which all callbacks run"},
       internal::make_coroutine_thread_engine},
      {{.name = "coroutine+tbb",
        .summary = "a oneTBB arena behind an event loop, on which all callbacks run"},
       internal::make_coroutine_tbb_engine},
      {{.name = "coroutine+process",
        .summary = "the same as process: there, too, an event loop feeds the workers",
        .in_processes = true},
       internal::make_process_engine},
  };
  return all;
}

const entry& entry_of(std::string_view name) {
  const auto found = std::find_if(entries().begin(), entries().end(),
                                  [&](const entry& each) { return each.info.name == name; });
  if (found != entries().end()) return *found;
  std::vector<std::string> names;
  for (const entry& each : entries()) names.push_back(each.info.name);
  throw std::invalid_argument(
      fmt::format("there is no executor '{}'; there are {}", name, fmt::join(names, ", ")));
}

template <class Executor>
Executor make(std::string_view name, executor_options options) {
  const entry& chosen = entry_of(name);
  if (chosen.info.in_processes && !worker_role_is_known()) {
    throw std::logic_error(fmt::format(
        "the workers of executor '{}' are this program started again, and its main does not begin "
        "with regatta::become_worker_if_asked(argc, argv): add that line",
        name));
  }
  if (options.workers == 0 && chosen.make != internal::make_thread_per_item_engine) {
    options.workers = read_cpu_limits().usable;
  }
  auto core = std::make_shared<internal::executor_core>(
      chosen.info.in_processes ? internal::call_place::processes : internal::call_place::threads);
  auto engine = chosen.make(*core, options);
  return Executor(chosen.info, std::move(core), std::move(engine));
}

}  // namespace

const std::vector<executor_info>& executors() {
  static const std::vector<executor_info> all = [] {
    std::vector<executor_info> infos;
    for (const entry& each : entries()) infos.push_back(each.info);
    return infos;
  }();
  return all;
}

executor make_executor(std::string_view name, executor_options options) {
  return make<executor>(name, std::move(options));
}

portable_executor make_portable_executor(std::string_view name, executor_options options) {
  return make<portable_executor>(name, std::move(options));
}

}  // namespace regatta
