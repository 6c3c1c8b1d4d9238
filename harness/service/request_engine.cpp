// SPDX-License-Identifier: Apache-2.0
#include "harness/service/request_engine.hpp"

#include <map>

namespace regatta {
namespace {

using starter = std::unique_ptr<request_engine> (*)(const request_engine_setup&);

// Those that are no event loops but can stand behind one.
const std::map<std::string, starter> blocking_starters{{"thread", &start_thread_requests},
                                                       {"process", &start_process_requests}};

const std::map<std::string, std::string> refusals{
    {"serial", "serial runs one item after the other: a server of one request at a time is none"},
    {"shared-memory",
     "shared-memory sends its workers offsets into data that was shared before they started, and "
     "a request arrives later; process is the same with inputs that travel"},
    {"tbb",
     "tbb runs items that a loop deals out to oneTBB's workers, and these must not wait for an "
     "LLM; coroutine+tbb gives them the part that computes"},
    {"thread-per-item",
     "thread-per-item starts a thread for every item and has no limit of them, which a server "
     "needs; thread has one"}};

}  // namespace

unsigned loops_of(const std::string& name, const cpu_limits& cpus) {
  return backends().at(name).loop_per_cpu ? cpus.usable : 1;
}

request_engine_or_unavailable start_request_engine(const request_engine_setup& setup) {
  const auto refusal = refusals.find(setup.name);
  if (refusal != refusals.end()) return unavailable{refusal->second};
  const auto blocking = blocking_starters.find(setup.name);
  if (blocking != blocking_starters.end()) return blocking->second(setup);
  if (backends().at(setup.name).make_engine == nullptr) {
    return unavailable{setup.name + " has no event loop to serve with in this build"};
  }
  return start_loop_requests(setup);
}

}  // namespace regatta
