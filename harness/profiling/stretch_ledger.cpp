// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/stretch_ledger.hpp"

#include <fmt/format.h>
#include <sys/syscall.h>

#include <algorithm>
#include <span>
#include <string_view>

#include "harness/diagnostics/loop_monitor/block_cause.hpp"
#include "harness/profiling/kernel_time.hpp"

namespace regatta::profiling {
namespace {

using std::chrono::nanoseconds;

std::span<const kernel_side::call_share> calls_of(const kernel_side::slice_ledger& ledger) {
  return {ledger.calls, std::min<std::size_t>(ledger.used, kernel_side::call_shares)};
}

share_kind kind_of(const kernel_side::call_share& share) {
  if (kernel_side::is_lock_wait(share.call, share.second, share.third)) return share_kind::lock;
  if (kernel_side::is_condition_wait(share.call, share.second, share.third)) {
    return share_kind::condition;
  }
  return share_kind::system_call;
}

// A signal, or work that io_uring has for the thread, interrupts some calls; then the kernel goes
// on with them under this number, and only the function that made the call tells which one it was.
std::int32_t resumed_call(const std::vector<profile_frame>& stack) {
  const auto made_by = [&](std::string_view name) {
    return !stack.empty() && stack.front().function.find(name) != std::string::npos;
  };
  if (made_by("nanosleep")) return SYS_clock_nanosleep;
  if (made_by("futex")) return SYS_futex;
  if (made_by("poll")) return SYS_poll;
  return kernel_side::call_restart;
}

// The loop monitor judges by how often it saw each wait; here its microseconds stand for that.
internal::seen_wait evidence_of(const kernel_side::call_share& share, const call_object& object) {
  internal::seen_wait wait;
  wait.look.now = internal::thread_look::state::in_call;
  wait.look.call = share.call;
  wait.look.argument = {share.first, share.second, share.third};
  wait.descriptor = object.link;
  wait.times = static_cast<unsigned>(share.time / 1000);
  return wait;
}

std::vector<source_frame> functions_of(const std::vector<profile_frame>& stack) {
  std::vector<source_frame> frames;
  for (const profile_frame& frame : stack) {
    frames.push_back({.address = frame.address,
                      .function = frame.function,
                      .place = {frame.file, frame.line},
                      .inlined = frame.inlined});
  }
  return frames;
}

}  // namespace

split_time split_cpu(const kernel_side::slice_ledger& ledger) {
  split_time split{.user = ns(ledger.user), .kernel = ns(ledger.kernel), .unknown = ns(ledger.cpu)};
  const std::uint64_t ticks = std::uint64_t{ledger.user_ticks} + ledger.kernel_ticks;
  if (ticks == 0) return split;
  const nanoseconds user(static_cast<std::int64_t>(static_cast<double>(ledger.cpu) *
                                                   ledger.user_ticks / static_cast<double>(ticks)));
  split.user += user;
  split.kernel += split.unknown - user;
  split.unknown = nanoseconds(0);
  return split;
}

nanoseconds length_of(const kernel_side::slice_ledger& ledger) {
  std::uint64_t sum = ledger.user + ledger.kernel + ledger.run_queue + ledger.fault +
                      ledger.stopped + ledger.cpu + ledger.other_calls;
  for (const auto& share : calls_of(ledger)) sum += share.time;
  return ns(sum);
}

explained_stretch explain(const kernel_side::slice_ledger& ledger, const object_finder& object_of,
                          const std::vector<profile_frame>& stack, nanoseconds threshold) {
  explained_stretch result;
  const auto add = [&](ledger_share share) {
    if (share.time > nanoseconds(0)) result.ledger.push_back(std::move(share));
  };
  const split_time cpu = split_cpu(ledger);
  add({.kind = share_kind::user_cpu, .time = cpu.user});
  add({.kind = share_kind::kernel_cpu, .time = cpu.kernel});
  add({.kind = share_kind::cpu, .time = cpu.unknown});
  add({.kind = share_kind::run_queue, .time = ns(ledger.run_queue)});
  add({.kind = share_kind::page_fault, .time = ns(ledger.fault)});
  add({.kind = share_kind::stopped, .time = ns(ledger.stopped)});
  add({.kind = share_kind::system_call, .call = "other calls", .time = ns(ledger.other_calls)});

  internal::stretch_evidence evidence;
  evidence.cpu = cpu.user + cpu.kernel + cpu.unknown;
  evidence.cpu_wait = ns(ledger.run_queue);
  evidence.duration = length_of(ledger) - ns(ledger.stopped);
  evidence.stack = functions_of(stack);
  const kernel_side::call_share* longest = nullptr;
  std::string longest_object;
  std::vector<kernel_side::call_share> calls(calls_of(ledger).begin(), calls_of(ledger).end());
  for (auto& share : calls) {
    if (share.call == kernel_side::call_restart) share.call = resumed_call(stack);
    call_object object = object_of(share);
    evidence.waits.push_back(evidence_of(share, object));
    if (longest == nullptr || share.time > longest->time) {
      longest = &share;
      longest_object = object.text;
    }
    add({.kind = kind_of(share),
         .call = internal::call_name(share.call),
         .object = std::move(object.text),
         .time = ns(share.time)});
  }
  if (ledger.fault != 0) {
    internal::seen_wait fault;
    fault.look.now = internal::thread_look::state::waits;
    fault.times = static_cast<unsigned>(ledger.fault / 1000);
    evidence.waits.push_back(fault);
  }
  std::stable_sort(result.ledger.begin(), result.ledger.end(),
                   [](const ledger_share& a, const ledger_share& b) { return a.time > b.time; });

  const auto found = internal::find_cause(evidence);
  const nanoseconds whole = length_of(ledger);
  if (ns(ledger.stopped) * 2 > whole) {
    result.cause = to_string(share_kind::stopped);
  } else if (whole - ns(ledger.stopped + ledger.run_queue) < threshold) {
    result.cause = to_string(block_cause::cpu_wait);
  } else {
    result.cause = to_string(found.cause);
    const bool waits_most = evidence.cpu * 2 < whole - ns(ledger.run_queue);
    if (waits_most && longest != nullptr && !longest_object.empty()) {
      const auto kind = kind_of(*longest);
      result.detail =
          kind == share_kind::lock
              ? longest_object
              : fmt::format("{} of {}", internal::call_name(longest->call), longest_object);
    }
  }
  return result;
}

std::string name_of_call(long call) { return internal::call_name(call); }

bool call_takes_descriptor(long call) { return internal::takes_descriptor(call); }

}  // namespace regatta::profiling
