// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/stopping_capture.hpp"

#include <fmt/format.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "harness/profiling/foreign_memory.hpp"

namespace regatta::profiling {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 1ms;
constexpr std::size_t most_bytes = 32'768;

enum class stop_state { stopped, gone, runs };

struct stop {
  stop_state state = stop_state::runs;
  int signal = 0;  // that was on its way to the thread, which still has to get it
};

// Leaves the end of a child of ours to whoever waits for that.
stop wait_for_stop(pid_t thread, std::chrono::microseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(thread), &info, WSTOPPED | WNOHANG | __WALL) != 0) {
      return {stop_state::gone, 0};
    }
    if (info.si_pid == thread) {
      const bool ours = info.si_status >> 8 == PTRACE_EVENT_STOP;
      return {stop_state::stopped, ours ? 0 : info.si_status & 0x7f};
    }
    if (std::chrono::steady_clock::now() > until) return {};
    std::this_thread::sleep_for(20us);
  }
}

void let_go(pid_t thread, int signal) {
  ::ptrace(PTRACE_DETACH, thread, nullptr, reinterpret_cast<void*>(static_cast<long>(signal)));
}

// In the order of DWARF.
std::array<std::uint64_t, 17> in_order(const user_regs_struct& user) {
  return {user.rax, user.rdx, user.rcx, user.rbx, user.rsi, user.rdi, user.rbp, user.rsp, user.r8,
          user.r9,  user.r10, user.r11, user.r12, user.r13, user.r14, user.r15, user.rip};
}

std::optional<captured_stack> copy_and_let_go(pid_t process, pid_t thread, int signal) {
  captured_stack result;
  user_regs_struct user{};
  if (::ptrace(PTRACE_GETREGS, thread, nullptr, &user) == 0) {
    result.tid = thread;
    result.registers = in_order(user);
    result.stack_begin = user.rsp;
    result.stack.resize(most_bytes);
    result.stack.resize(
        foreign_memory(process).read(user.rsp, result.stack.data(), result.stack.size()));
  }
  let_go(thread, signal);
  if (result.stack.empty()) return std::nullopt;
  return result;
}

}  // namespace

stopping_capture::~stopping_capture() {
  for (const auto& [thread, process] : asked_) {
    const stop now = wait_for_stop(thread, 1s);
    if (now.state == stop_state::stopped) let_go(thread, now.signal);
  }
}

std::optional<std::string> stopping_capture::problem_with(pid_t thread) {
  // Whose tracer ends is let go without a stop: it may be in a call that would show one.
  int error = 0;
  std::thread([&] {
    if (::ptrace(PTRACE_SEIZE, thread, nullptr, nullptr) != 0) error = errno;
  }).join();
  if (error == 0) return std::nullopt;
  return fmt::format(
      "the process may not be stopped: {} (another debugger, or "
      "/proc/sys/kernel/yama/ptrace_scope)",
      std::strerror(error));
}

std::optional<captured_stack> stopping_capture::capture(pid_t process, pid_t thread) {
  if (asked_.contains(thread)) return std::nullopt;
  if (::ptrace(PTRACE_SEIZE, thread, nullptr, nullptr) != 0) return std::nullopt;
  if (::ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr) != 0) return std::nullopt;  // gone
  const stop now = wait_for_stop(thread, patience);
  if (now.state == stop_state::stopped) return copy_and_let_go(process, thread, now.signal);
  if (now.state == stop_state::runs) asked_[thread] = process;
  return std::nullopt;
}

std::vector<captured_stack> stopping_capture::late() {
  std::vector<captured_stack> stacks;
  std::erase_if(asked_, [&](const auto& asked) {
    const auto [thread, process] = asked;
    const stop now = wait_for_stop(thread, 0us);
    if (now.state == stop_state::stopped) {
      if (auto stack = copy_and_let_go(process, thread, now.signal)) {
        stacks.push_back(std::move(*stack));
      }
    }
    return now.state != stop_state::runs;
  });
  return stacks;
}

}  // namespace regatta::profiling
