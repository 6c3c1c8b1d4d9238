// SPDX-License-Identifier: Apache-2.0
#include "harness/load/serve_items.hpp"

#include <charconv>
#include <stdexcept>

namespace regatta {

async_task<void> serve_slot(epoch& slice, recorder& notes, const workload_instance& workload,
                            async_runtime& runtime) {
  async_context context(runtime);
  while (const auto which = slice.claim()) {
    co_await sleep_until(runtime.loop(), which->due);
    try {
      const buffer answer =
          co_await workload.run(context, item{which->index, workload.input(which->index)});
      notes.answered(*which, answer);
    } catch (const std::exception& error) {
      notes.failed(*which, error.what());
    }
    co_await runtime.loop().yield();  // an item that never waits must not keep the others out
  }
}

void serve_loop(epoch& slice, unsigned slots, const workload_instance& workload,
                async_runtime& runtime) {
  recorder& notes = slice.new_recorder();
  for (unsigned i = 0; i < slots; ++i) {
    runtime.loop().start(serve_slot(slice, notes, workload, runtime));
  }
  runtime.watch().run(slice.stretches());
}

unsigned number_option(const std::string& name, const std::string& text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value == 0) {
    throw std::invalid_argument("option " + name + " takes a whole number from 1, not '" + text +
                                "'");
  }
  return value;
}

unsigned blocking_workers(const backend_setup& setup, const std::string& option) {
  const std::string& text = setup.options.at(option);
  if (text != "auto") return number_option(option, text);
  if (setup.info.kind == work_kind::cpu_bound) return setup.cpus.usable;
  return std::max(1U, std::min(32U, setup.in_flight));
}

unsigned messages_out(const backend_setup& setup, unsigned workers) {
  return setup.info.kind == work_kind::cpu_bound ? 2 * workers : workers;
}

std::vector<int> pins_for(const backend_setup& setup, unsigned workers) {
  if (workers > setup.cpus.usable || workers > setup.cpus.affinity.size()) return {};
  return {setup.cpus.affinity.begin(), setup.cpus.affinity.begin() + workers};
}

run_environment environment_of(const backend_setup& setup) {
  return {setup.dataset, setup.endpoints, setup.api_key};
}

}  // namespace regatta
