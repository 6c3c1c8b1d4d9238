// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/loop_monitor/block_cause.hpp"

#include <fmt/format.h>
#include <linux/futex.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "harness/diagnostics/symbols.hpp"

namespace regatta::internal {
namespace {

using std::chrono::nanoseconds;

struct known_call {
  long number;
  std::string_view name;
  block_cause cause;
  bool descriptor = false;
};

using enum block_cause;

constexpr std::array known_calls = std::to_array<known_call>({
#if defined(__x86_64__)  // machines younger than these have only their successors
  {SYS_open, "open", file_access}, {SYS_stat, "stat", file_access},
      {SYS_lstat, "lstat", file_access}, {SYS_rename, "rename", file_access},
      {SYS_unlink, "unlink", file_access}, {SYS_mkdir, "mkdir", file_access},
      {SYS_poll, "poll", socket_io}, {SYS_select, "select", socket_io},
      {SYS_epoll_wait, "epoll_wait", socket_io, true},
#endif
      {SYS_read, "read", file_access, true}, {SYS_write, "write", file_access, true},
      {SYS_readv, "readv", file_access, true}, {SYS_writev, "writev", file_access, true},
      {SYS_pread64, "pread", file_access, true}, {SYS_pwrite64, "pwrite", file_access, true},
      {SYS_preadv, "preadv", file_access, true}, {SYS_pwritev, "pwritev", file_access, true},
      {SYS_sendfile, "sendfile", file_access, true},
      {SYS_copy_file_range, "copy_file_range", file_access, true},
      {SYS_getdents64, "getdents", file_access, true}, {SYS_openat, "openat", file_access},
      {SYS_newfstatat, "stat", file_access}, {SYS_statx, "statx", file_access},
      {SYS_fstat, "fstat", file_access, true}, {SYS_ftruncate, "ftruncate", file_access, true},
      {SYS_fallocate, "fallocate", file_access, true}, {SYS_renameat2, "rename", file_access},
      {SYS_unlinkat, "unlink", file_access}, {SYS_close, "close", file_access, true},
      {SYS_flock, "flock", file_access, true}, {SYS_fcntl, "fcntl", file_access, true},
      {SYS_fsync, "fsync", file_sync, true}, {SYS_fdatasync, "fdatasync", file_sync, true},
      {SYS_sync_file_range, "sync_file_range", file_sync, true},
      {SYS_syncfs, "syncfs", file_sync, true}, {SYS_sync, "sync", file_sync},
      {SYS_msync, "msync", file_sync}, {SYS_nanosleep, "nanosleep", sleeping},
      {SYS_clock_nanosleep, "clock_nanosleep", sleeping},
      {SYS_connect, "connect", connecting, true}, {SYS_accept, "accept", socket_io, true},
      {SYS_accept4, "accept", socket_io, true}, {SYS_recvfrom, "recv", socket_io, true},
      {SYS_recvmsg, "recvmsg", socket_io, true}, {SYS_recvmmsg, "recvmmsg", socket_io, true},
      {SYS_sendto, "send", socket_io, true}, {SYS_sendmsg, "sendmsg", socket_io, true},
      {SYS_sendmmsg, "sendmmsg", socket_io, true}, {SYS_ppoll, "ppoll", socket_io},
      {SYS_pselect6, "pselect", socket_io}, {SYS_epoll_pwait, "epoll_pwait", socket_io, true},
      {SYS_io_uring_enter, "io_uring_enter", socket_io, true}, {SYS_futex, "futex", condition},
      {SYS_wait4, "wait4", child}, {SYS_waitid, "waitid", child},
      {SYS_madvise, "madvise", page_faults}, {SYS_mmap, "mmap", page_faults},
      {SYS_munmap, "munmap", page_faults}, {SYS_mprotect, "mprotect", page_faults},
});

const known_call* find_call(long number) {
  const auto* const found = std::find_if(known_calls.begin(), known_calls.end(),
                                         [&](const auto& call) { return call.number == number; });
  return found != known_calls.end() ? &*found : nullptr;
}

bool is_endpoint(std::string_view descriptor) {
  return descriptor.starts_with("socket:") || descriptor.starts_with("pipe:") ||
         descriptor.starts_with("anon_inode:");
}

// glibc's locks wait for the value 2, "taken and waited for"; its condition variables, semaphores
// and futures for other values, or with FUTEX_WAIT_BITSET.
block_cause cause_of_futex(const thread_look& look) {
  const auto command = static_cast<int>(look.argument[1]) & FUTEX_CMD_MASK;
  if (command == FUTEX_LOCK_PI || command == FUTEX_LOCK_PI2) return block_cause::mutex;
  const bool locks = command == FUTEX_WAIT && static_cast<std::uint32_t>(look.argument[2]) == 2;
  return locks ? block_cause::mutex : block_cause::condition;
}

// glibc's debug information calls fsync __GI_fsync, and others __fsync.
std::string libc_name(const source_frame& frame) {
  std::string name = short_function_name(frame.function);
  for (const std::string_view prefix : {"_", "_", "_", "GI_", "_", "_"}) {
    if (name.starts_with(prefix)) name.erase(0, prefix.size());
  }
  return name;
}

// The kernel, too, computes: an fsync to a fast disk hardly ever waits.
block_cause cause_on_cpu(const std::vector<source_frame>& stack) {
  if (stack.empty()) return computing;
  const std::string name = libc_name(stack.front());
  for (const known_call& call : known_calls) {
    const bool is_work = call.cause == file_sync || call.cause == page_faults;
    if (is_work && call.name == name) return call.cause;
  }
  return computing;
}

bool looks_up_names(const std::vector<source_frame>& stack) {
  static constexpr std::array names = {"getaddrinfo",     "getnameinfo",     "gethostbyname",
                                       "gethostbyname_r", "gethostbyname2",  "gethostbyname2_r",
                                       "gethostbyaddr",   "gethostbyaddr_r", "res_query",
                                       "res_search",      "res_nquery",      "res_nsearch"};
  return std::any_of(stack.begin(), stack.end(), [](const source_frame& frame) {
    const std::string name = libc_name(frame);
    return std::find(names.begin(), names.end(), name) != names.end();
  });
}

nanoseconds part_of(nanoseconds whole, unsigned times, unsigned total) {
  return nanoseconds(
      static_cast<std::int64_t>(static_cast<double>(whole.count()) * times / std::max(total, 1U)));
}

std::string name_of_wait(const seen_wait& wait) {
  if (wait.look.now == thread_look::state::waits) return "page fault";
  if (wait.look.call == SYS_futex) {
    return cause_of_wait(wait) == block_cause::mutex ? "futex (mutex)" : "futex (condition)";
  }
  return call_name(wait.look.call);
}

}  // namespace

std::string call_name(long number) {
  const known_call* const call = find_call(number);
  return call != nullptr ? std::string(call->name) : fmt::format("system call {}", number);
}

bool takes_descriptor(long number) {
  const known_call* const call = find_call(number);
  return call != nullptr && call->descriptor;
}

block_cause cause_of_wait(const seen_wait& wait) {
  if (wait.look.now == thread_look::state::waits) return block_cause::page_faults;
  if (wait.look.now != thread_look::state::in_call) return block_cause::unknown;
  if (wait.look.call == SYS_futex) return cause_of_futex(wait.look);
  const known_call* const call = find_call(wait.look.call);
  if (call == nullptr) return block_cause::other_call;
  if (call->cause == file_access && call->descriptor && is_endpoint(wait.descriptor)) {
    return block_cause::socket_io;
  }
  return call->cause;
}

cause_found find_cause(const stretch_evidence& evidence) {
  const nanoseconds cpu = std::min(evidence.cpu, evidence.duration);
  const nanoseconds cpu_wait = std::min(evidence.cpu_wait, evidence.duration - cpu);
  const nanoseconds unseen =
      std::clamp(evidence.unseen, nanoseconds(0), evidence.duration - cpu - cpu_wait);
  const nanoseconds waited = evidence.duration - cpu - cpu_wait - unseen;

  cause_found result;
  std::map<block_cause, nanoseconds> by_cause;
  const auto add = [&](std::string what, block_cause cause, nanoseconds time) {
    if (time <= nanoseconds(0)) return;
    by_cause[cause] += time;
    const auto same = std::find_if(result.shares.begin(), result.shares.end(),
                                   [&](const block_share& share) { return share.what == what; });
    if (same != result.shares.end()) {
      same->time += time;
    } else {
      result.shares.push_back({std::move(what), time});
    }
  };

  // What a fault costs was measured on a quiet machine, and in the best case; a quarter of the CPU
  // time by that price is most of it in truth.
  const nanoseconds faulting =
      std::min(cpu, evidence.fault_cost * static_cast<std::int64_t>(evidence.faults));
  add("on CPU", 4 * faulting > cpu ? page_faults : cause_on_cpu(evidence.stack), cpu);
  // Of another cause if there is any: it is what the thread would have done with the CPU.
  if (cpu_wait > nanoseconds(0)) result.shares.push_back({"waiting for a CPU", cpu_wait});
  if (unseen > nanoseconds(0)) result.shares.push_back({"before the first look", unseen});

  unsigned total = 0;
  for (const seen_wait& wait : evidence.waits) total += wait.times;
  nanoseconds left = waited;
  const seen_wait* longest = nullptr;
  for (const seen_wait& wait : evidence.waits) {
    const nanoseconds time =
        &wait == &evidence.waits.back() ? left : part_of(waited, wait.times, total);
    left -= time;
    add(name_of_wait(wait), cause_of_wait(wait), time);
    if (longest == nullptr || wait.times > longest->times) longest = &wait;
  }
  if (evidence.waits.empty()) add("waiting, unseen", unknown, waited);

  std::stable_sort(result.shares.begin(), result.shares.end(),
                   [](const block_share& a, const block_share& b) { return a.time > b.time; });
  // A part of the time on a CPU is the kernel's, for the very calls that the thread waits in as
  // well.
  by_cause[computing] = by_cause[computing] * 2 / 3;
  const auto largest =
      std::max_element(by_cause.begin(), by_cause.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  if (largest->second > nanoseconds(0)) {
    result.cause = largest->first;
  } else if (cpu_wait > nanoseconds(0)) {
    result.cause = block_cause::cpu_wait;
  }
  const bool waits_most = waited > cpu;
  if (waits_most && looks_up_names(evidence.stack)) {
    result.cause = block_cause::name_lookup;
  } else if (waits_most && longest != nullptr && !longest->descriptor.empty() &&
             !is_endpoint(longest->descriptor)) {
    result.detail = fmt::format("{} of {}", call_name(longest->look.call), longest->descriptor);
  }
  return result;
}

}  // namespace regatta::internal
