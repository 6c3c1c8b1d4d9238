// SPDX-License-Identifier: Apache-2.0
#include "harness/external/adapter_location.hpp"
#include "harness/external/external_backend.hpp"

namespace regatta {
namespace {

// The same choice in the reader's own runtime: tools/adapters/python_twin.py on a real python3.
// Raced when asked for; the interpreter's lock, if it has one, is its own.

template <const char* Approach>
backend_or_unavailable start(const backend_setup& setup) {
  const auto adapter = find_adapter("python_twin.py");
  if (!adapter) {
    return unavailable{
        "python_twin.py is not where regatta looks: name its directory in REGATTA_ADAPTERS"};
  }
  return start_external(setup, {setup.options.at("python"), {*adapter}}, Approach);
}

constexpr char asyncio[] = "asyncio";
constexpr char thread[] = "thread";
constexpr char process[] = "process";
constexpr char shared_memory[] = "shared-memory";

const backend_option interpreter{"python", "python3", "the interpreter, by name or path", {}, true};
const backend_option workers{"workers", "auto",
                             "workers; auto: usable CPUs, or up to 32 for waiting work"};
const backend_option start_by{
    "start", "fork", "fork, forkserver or spawn", {"fork", "forkserver", "spawn"}};

const backend_registration python_asyncio_registered({
    .info = {.name = "python-asyncio",
             .summary = "real Python: asyncio, one event loop; what computes, computes on it",
             .complexity = 2,
             .takes_blocking_code = false,
             .options = {interpreter},
             .family = "python"},
    .start = start<asyncio>,
});

const backend_registration python_thread_registered({
    .info = {.name = "python-thread",
             .summary = "real Python: a ThreadPoolExecutor",
             .complexity = 2,
             .options = {interpreter, workers},
             .family = "python"},
    .start = start<thread>,
});

const backend_registration python_process_registered({
    .info = {.name = "python-process",
             .summary = "real Python: a ProcessPoolExecutor; inputs and answers are pickled",
             .complexity = 6,
             .isolates = true,
             .options = {interpreter, workers, start_by},
             .family = "python"},
    .start = start<process>,
});

const backend_registration python_shared_memory_registered({
    .info = {.name = "python-shared-memory",
             .summary = "real Python: a ProcessPoolExecutor over one shared copy of the data",
             .complexity = 7,
             .isolates = true,
             .options = {interpreter, workers, start_by},
             .family = "python"},
    .start = start<shared_memory>,
});

}  // namespace
}  // namespace regatta
