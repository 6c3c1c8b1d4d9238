// SPDX-License-Identifier: Apache-2.0
#include "harness/machine_card.hpp"

#include <algorithm>
#include <string>
#include <system_error>
#include <thread>

#include "harness/machine_card/one_thread.hpp"
#include "harness/machine_card/two_cpus.hpp"
#include "harness/platform/affinity.hpp"
#include "harness/platform/cpu_list.hpp"
#include "harness/platform/proc_text.hpp"

namespace regatta {
namespace {

/// One CPU, or two: the second on another core where there is one, because two threads of one core
/// share its caches and its arithmetic.
std::vector<int> choose_cpus(const std::vector<int>& allowed) {
  if (allowed.size() < 2) return allowed;
  const int first = allowed.front();
  const auto text = proc_text::read_file("/sys/devices/system/cpu/cpu" + std::to_string(first) +
                                         "/topology/thread_siblings_list");
  const auto siblings = parse_cpu_list(text.value_or(""));
  const auto other_core = std::find_if(allowed.begin() + 1, allowed.end(), [&](int cpu) {
    return std::find(siblings.begin(), siblings.end(), cpu) == siblings.end();
  });
  return {first, other_core != allowed.end() ? *other_core : allowed[1]};
}

void measure_pinned(machine_card& card, const cpu_limits& limits, std::chrono::nanoseconds share) {
  const int here = card.cpus.front();
  if (pin_this_thread(here)) {
    card.clock_read = card::measure_clock_read(share / 4);
    card.system_call = card::measure_system_call(share / 4);
  }
  card.wake_same_cpu = card::measure_wake(here, here, share);
  if (card.cpus.size() < 2) return;
  const int there = card.cpus.back();
  card.line_round_trip = card::measure_line_round_trip(here, there, share / 2);
  card.wake_other_cpu = card::measure_wake(here, there, share);
  if (const auto halves = card::measure_halves({here}, {there}, share)) {
    card.pinned_gain = halves->gain;
  }
  if (const auto halves = card::measure_halves(limits.affinity, limits.affinity, share)) {
    card.packed_fraction = halves->packed_fraction;
    card.unpinned_gain = halves->gain;
  }
}

}  // namespace

machine_card measure_machine_card(const cpu_limits& limits, std::chrono::milliseconds budget) {
  const auto begin = std::chrono::steady_clock::now();
  machine_card card;
  card.cpus = choose_cpus(limits.affinity);
  if (card.cpus.empty()) return card;
  const auto share = std::chrono::nanoseconds(budget) / 8;  // five for waking, two for memory

  // What forks comes first, while the card has no threads.
  card.fork_and_wait = card::measure_fork_and_wait(share / 2);
  const auto memory = card::measure_memory(card.cpus.front(), 2 * share);
  card.page_fault = memory.page_fault;
  card.copy_64_kib_gb_s = memory.copy_64_kib_gb_s;
  card.copy_64_mib_gb_s = memory.copy_64_mib_gb_s;

  // A thread of its own, so that the caller's affinity is not touched even for a moment.
  try {
    std::thread([&] {
      try {
        measure_pinned(card, limits, share);
      } catch (const std::system_error&) {  // no more threads to have: the rest stays unknown
      }
    }).join();
  } catch (const std::system_error&) {
  }
  card.took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begin);
  return card;
}

}  // namespace regatta
