// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/loop_monitor/served_thread.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace regatta::internal {
namespace {

using namespace std::chrono_literals;

std::string describe_descriptor(std::uint64_t descriptor) {
  std::array<char, 512> space;
  const std::string link = fmt::format("/proc/self/fd/{}", descriptor);
  const ssize_t got = ::readlink(link.c_str(), space.data(), space.size());
  return got > 0 ? std::string(space.data(), static_cast<std::size_t>(got)) : "";
}

bool same_wait(const thread_look& a, const thread_look& b) {
  return a.now == b.now && a.call == b.call &&
         std::equal(a.argument.begin(), a.argument.begin() + 3, b.argument.begin());
}

}  // namespace

void served_thread::open(monitor_time begin, monitor_time now) {
  since = begin;
  unseen = now - begin;
  at_begin = probe.usage();
  ran_ = false;
  waits_ = 0;
  starved = {};
}

void served_thread::close() {
  since.reset();
  waits.clear();
  frame.reset();
  proof_took = {};
  stack_bytes = usual_stack_bytes;
  stretch = 0;
  told = false;
  prepared = false;
}

void served_thread::note(const thread_look& look, monitor_time now) {
  const std::chrono::nanoseconds cpu = probe.cpu();
  const bool runs = look.now == thread_look::state::running;
  const std::chrono::nanoseconds idle = (now - looked_) - (cpu - cpu_);
  if (runs && ran_ && idle > 0ns) {
    // Unless it has waited for something in between.
    constexpr auto worth_a_question = 200us;
    const std::uint64_t waits = idle > worth_a_question ? probe.waits() : waits_;
    if (waits == waits_ || waits_ == 0) starved += idle;
    waits_ = waits;
  }
  ran_ = runs;
  looked_ = now;
  cpu_ = cpu;
  const bool is_wait =
      look.now == thread_look::state::in_call || look.now == thread_look::state::waits;
  if (!is_wait) return;
  const auto known = std::find_if(waits.begin(), waits.end(), [&](const seen_wait& wait) {
    return same_wait(wait.look, look);
  });
  if (known != waits.end()) {
    ++known->times;
    return;
  }
  constexpr std::size_t most_waits = 64;
  if (waits.size() == most_waits) return;
  waits.push_back(
      {look, takes_descriptor(look.call) ? describe_descriptor(look.argument[0]) : "", 1});
}

std::chrono::nanoseconds served_thread::cpu_wait(std::chrono::nanoseconds kernels_count) const {
  return std::max(starved, kernels_count - at_begin.cpu_wait);
}

std::chrono::nanoseconds served_thread::counted(monitor_time now) const {
  return now - since.value_or(now) - cpu_wait(probe.cpu_wait());
}

stretch_evidence served_thread::evidence(monitor_time now) const {
  using std::chrono::nanoseconds;
  const thread_usage used = probe.usage();  // zeros once the thread has ended
  return {.duration = now - since.value_or(now),
          .cpu = std::max(nanoseconds(0), used.cpu - at_begin.cpu),
          .cpu_wait = cpu_wait(used.cpu_wait),
          .unseen = unseen,
          .faults = std::max(used.faults, at_begin.faults) - at_begin.faults,
          .fault_cost = {},
          .waits = waits,
          .stack = {}};
}

}  // namespace regatta::internal
