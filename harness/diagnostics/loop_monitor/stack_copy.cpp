// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/loop_monitor/stack_copy.hpp"

#include <semaphore.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>

#include "harness/diagnostics/own_memory.hpp"

namespace regatta::internal {
namespace {

constexpr std::size_t red_zone = 128;  // below the stack pointer, and in use (x86-64 psABI)

enum class request_state { idle, wanted, taken, done };

// One request at a time. Never destroyed: a late signal may come at any time.
struct request {
  request() {
    ::sem_init(&done, 0, 0);
    std::memset(space.get(), 0, usual_stack_bytes);  // no page faults in the handler
  }

  std::mutex one_at_a_time;
  std::atomic<request_state> state{request_state::idle};
  std::atomic<pid_t> thread{0};
  pid_t answered_last = 0;
  sem_t done;
  std::unique_ptr<std::byte[]> space =
      std::make_unique_for_overwrite<std::byte[]>(most_stack_bytes);
  std::size_t most = 0;  // of bytes
  std::size_t size = 0;
  stack_copy registers;  // without bytes
};

std::atomic<request*>& current_request() {
  static std::atomic<request*> current = new request;
  return current;
}
request& shared() { return *current_request().load(std::memory_order_acquire); }

void store_registers(const ucontext_t& at, stack_copy& copy) {
#if defined(__x86_64__)
  const auto& values = at.uc_mcontext.gregs;
  constexpr int order[] = {REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP,
                           REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
  for (unsigned i = 0; i < register_numbers::count; ++i) {
    copy.registers[i] = static_cast<std::uint64_t>(values[order[i]]);
  }
  copy.code = static_cast<std::uintptr_t>(values[REG_RIP]);
  copy.stack = static_cast<std::uintptr_t>(values[REG_RSP]);
#else
  for (unsigned i = 0; i < 31; ++i) copy.registers[i] = at.uc_mcontext.regs[i];
  copy.registers[31] = at.uc_mcontext.sp;
  copy.code = at.uc_mcontext.pc;
  copy.stack = at.uc_mcontext.sp;
#endif
  copy.begin = copy.stack - red_zone;
}

// Async-signal-safe: atomics, pread and sem_post only.
extern "C" void copy_own_stack(int, siginfo_t*, void* interrupted) {
  const int saved = errno;
  request& wanted = shared();
  request_state expected = request_state::wanted;
  if (wanted.thread.load(std::memory_order_relaxed) == ::syscall(SYS_gettid) &&
      wanted.state.compare_exchange_strong(expected, request_state::taken,
                                           std::memory_order_acq_rel)) {
    store_registers(*static_cast<const ucontext_t*>(interrupted), wanted.registers);
    wanted.size = read_own_memory(wanted.registers.begin, wanted.space.get(), wanted.most);
    wanted.state.store(request_state::done, std::memory_order_release);
    ::sem_post(&wanted.done);
  }
  errno = saved;
}

bool is_ours(int signal) {
  struct sigaction action {};
  ::sigaction(signal, nullptr, &action);
  return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == copy_own_stack;
}

bool is_free(int signal) {
  struct sigaction action {};
  ::sigaction(signal, nullptr, &action);
  return (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_DFL;
}

// SIGURG is ignored by default and debuggers pass it on in silence. 0: the program has them all.
int signal_to_use() {
  static int chosen = 0;
  if (chosen != 0 && is_ours(chosen)) return chosen;
  read_own_memory(0, nullptr, 0);  // opens its file, outside of a signal handler
  chosen = 0;
  for (int signal = SIGURG; chosen == 0;) {
    if (is_free(signal)) chosen = signal;
    signal = signal == SIGURG ? SIGRTMAX - 2 : signal - 1;
    if (signal < SIGRTMIN) break;
  }
  if (chosen == 0) return 0;
  struct sigaction action {};
  action.sa_sigaction = copy_own_stack;
  action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  ::sigfillset(&action.sa_mask);
  ::sigaction(chosen, &action, nullptr);
  return chosen;
}

std::atomic<std::chrono::nanoseconds> waited_for_copies{};

bool wait_until_done(request& wanted, std::chrono::milliseconds patience) {
  timespec until{};
  ::clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += std::chrono::nanoseconds(patience).count();
  until.tv_sec += until.tv_nsec / 1'000'000'000;
  until.tv_nsec %= 1'000'000'000;
  while (::sem_timedwait(&wanted.done, &until) != 0) {
    if (errno == EINTR) continue;
    request_state expected = request_state::wanted;
    if (wanted.state.compare_exchange_strong(expected, request_state::idle,
                                             std::memory_order_acq_rel)) {
      return false;
    }
    while (::sem_wait(&wanted.done) != 0) {  // it is at it
    }
    break;
  }
  return true;
}

std::variant<stack_copy, std::string> copy_of_running(const thread_probe& probe,
                                                      std::size_t bytes) {
  const pid_t thread = probe.thread();
  request& wanted = shared();
  const std::lock_guard lock(wanted.one_at_a_time);
  const int signal = signal_to_use();
  if (signal == 0) return "the program uses every signal that could ask for it";
  // One that has answered before blocks signals only while it is still in that handler.
  if (thread != wanted.answered_last && !probe.takes(signal))
    return "the thread blocks the signal that asks for it";
  wanted.most = bytes;
  wanted.thread.store(thread, std::memory_order_relaxed);
  wanted.state.store(request_state::wanted, std::memory_order_release);
  if (::syscall(SYS_tgkill, ::getpid(), thread, signal) != 0) {
    wanted.state.store(request_state::idle, std::memory_order_relaxed);
    return "the thread has ended";
  }
  const auto begin = std::chrono::steady_clock::now();
  const bool done = wait_until_done(wanted, std::chrono::milliseconds(100));
  waited_for_copies.store(time_waited_for_copies() + (std::chrono::steady_clock::now() - begin),
                          std::memory_order_relaxed);
  if (!done) {
    return "the thread did not take the signal that asks for it within 100 ms";
  }
  stack_copy copy = wanted.registers;
  wanted.answered_last = thread;
  copy.bytes.assign(wanted.space.get(), wanted.space.get() + wanted.size);
  wanted.state.store(request_state::idle, std::memory_order_relaxed);
  return copy;
}

stack_copy copy_of_waiting(const thread_look& look, std::size_t bytes) {
  stack_copy copy;
  copy.code = look.code;
  copy.stack = look.stack;
  copy.begin = look.stack - red_zone;
  copy.registers[register_numbers::stack] = look.stack;
  copy.bytes.resize(bytes);
  copy.bytes.resize(read_own_memory(copy.begin, copy.bytes.data(), bytes));
  return copy;
}

bool waits_in_kernel(const thread_look& look) {
  return look.now == thread_look::state::in_call || look.now == thread_look::state::waits;
}

}  // namespace

std::optional<std::uint64_t> stack_copy::word(std::uintptr_t address) const {
  if (address < begin || bytes.size() < sizeof(std::uint64_t)) return std::nullopt;
  const std::uintptr_t offset = address - begin;
  if (offset > bytes.size() - sizeof(std::uint64_t)) return std::nullopt;
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

std::variant<stack_copy, std::string> copy_stack(const thread_probe& thread, std::size_t bytes) {
  bytes = std::min(bytes, most_stack_bytes);
  for (int attempt = 0; attempt < 10; ++attempt) {
    const auto look = thread.look();
    if (!look) return "the thread has ended";
    if (!waits_in_kernel(*look)) return copy_of_running(thread, bytes);
    stack_copy copy = copy_of_waiting(*look, bytes);
    if (thread.look() == look) return copy;  // it has not moved meanwhile
  }
  return "the thread moved on whenever its stack was read";
}

std::chrono::nanoseconds time_waited_for_copies() {
  return waited_for_copies.load(std::memory_order_relaxed);
}

void forget_copies_in_work() { current_request().store(new request, std::memory_order_release); }

}  // namespace regatta::internal
