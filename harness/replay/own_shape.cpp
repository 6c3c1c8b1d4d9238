// SPDX-License-Identifier: Apache-2.0
#include "harness/replay/own_shape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "harness/backend.hpp"
#include "harness/load/serve_items.hpp"

namespace regatta {
namespace {

unsigned workers_of(const backend_choice& choice, unsigned in_flight) {
  const auto found = choice.options.find("workers");
  if (found == choice.options.end()) return 0;
  unsigned workers = 0;
  const std::string& text = found->second;
  std::from_chars(text.data(), text.data() + text.size(), workers);
  return workers > 0 ? workers : std::clamp(in_flight, 1U, most_blocking_workers);
}

}  // namespace

own_shape shape_of(const pool_shape& pool, unsigned cpus) {
  const double beside = pool.beside_the_loops.value_or(0);
  if (pool.loops == 0) {
    if (pool.processes > 1) {
      return {fmt::format("process:workers={}", pool.processes),
              fmt::format("{} processes serve requests without a loop", pool.processes)};
    }
    const unsigned threads = std::max(1U, pool.other_threads);
    if (threads == 1) return {"serial", "one thread serves one request after the other"};
    return {fmt::format("thread:workers={}", threads),
            fmt::format("{} threads serve requests without a loop", threads)};
  }
  const unsigned threads = std::max({pool.loop_threads, pool.loops, 1U});
  if (beside >= pool_share && threads == 1) {
    const bool processes = pool.processes > 1;
    return {processes ? "coroutine+process" : "coroutine+thread",
            fmt::format("a loop waits, and {} beside it do {:.0f} % of the computing",
                        processes ? "processes" : "threads", 100 * beside)};
  }
  if (threads > 1 && cpus > 1) {
    return {"coroutine-mt", fmt::format("{} threads run loops", threads)};
  }
  return {"coroutine", "one thread runs the loop and computes on it"};
}

backend_model model_of(const backend_choice& choice, unsigned in_flight, lock_model lock) {
  const backend_entry& entry = backends().at(choice.backend);
  backend_model model{.backend = choice.label, .complexity = entry.info.complexity};
  if (entry.make_engine != nullptr) {
    model.kind = entry.loop_per_cpu               ? server_kind::loops
                 : entry.info.takes_blocking_code ? server_kind::offloading
                                                  : server_kind::loop;
  } else {
    model.kind = choice.backend == "serial" ? server_kind::one_by_one : server_kind::pool;
    model.most_in_service = workers_of(choice, in_flight);
  }
  const bool processes = entry.info.isolates || choice.backend == "coroutine+process";
  model.one_computes = lock == lock_model::gil && !processes;
  return model;
}

}  // namespace regatta
