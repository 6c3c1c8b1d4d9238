// SPDX-License-Identifier: Apache-2.0
#include "harness/platform/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>

#include "harness/platform/unique_fd.hpp"

namespace regatta {
namespace {

// Above every number that is a source or a target, so that nothing is overwritten before it is
// used.
int first_free_number(const spawn_request& request, int report) {
  int highest = std::max(2, report);
  for (const auto& [from, to] : request.descriptors) highest = std::max({highest, from, to});
  return highest + 1;
}

// By system calls: glibc's functions tell all threads of the process to change with them, and after
// vfork those are our parent's.
bool become(const user_identity& user) {
  return ::syscall(SYS_setgroups, 0, nullptr) == 0 &&
         ::syscall(SYS_setresgid, user.group, user.group, user.group) == 0 &&
         ::syscall(SYS_setresuid, user.user, user.user, user.user) == 0;
}

/// Holds all signals back. A child of vfork is in our memory until it execs: a handler of ours that
/// ran there as well would count the same Ctrl-C twice.
class held_signals {
 public:
  held_signals() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~held_signals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  held_signals(const held_signals&) = delete;
  held_signals& operator=(const held_signals&) = delete;

 private:
  sigset_t before_;
};

// What exec would do a moment later, when the signals held back may already have come. By system
// calls: ThreadSanitizer keeps handlers in memory, which is our parent's.
void forget_handlers() {
  struct kernel_action {
    std::uintptr_t handler;
    unsigned long flags;
    std::uintptr_t restorer;
    std::uint64_t mask;
  };
  constexpr auto ignored = std::uintptr_t{1};  // SIG_IGN, which exec keeps
  for (int signal = 1; signal < NSIG; ++signal) {
    kernel_action action{};
    if (::syscall(SYS_rt_sigaction, signal, nullptr, &action, sizeof(action.mask)) != 0) continue;
    if (action.handler == ignored) continue;
    action = {};
    ::syscall(SYS_rt_sigaction, signal, &action, nullptr, sizeof(action.mask));
  }
}

// Everything here runs between fork and exec: async-signal-safe calls only.
[[noreturn]] void exec_child(const spawn_request& request, char* const* argv, char* const* envp,
                             pid_t parent, int report, int parking) {
  if (request.own_group) ::setpgid(0, 0);
  const int report_at = ::fcntl(report, F_DUPFD_CLOEXEC, parking);
  const auto give_up = [&] {
    const int error = errno;
    (void)!::write(report_at >= 0 ? report_at : report, &error, sizeof(error));
    ::_exit(127);
  };
  if (report_at < 0) give_up();
  if (request.user && !become(*request.user)) give_up();
  if (!request.directory.empty() && ::chdir(request.directory.c_str()) != 0) give_up();
  if (request.foreign) {
    // Outlives exec, but not a change of the user.
    die_with_parent(parent, request.death_signal);
    for (const int ignored_by_us : {SIGPIPE, SIGXFSZ}) ::signal(ignored_by_us, SIG_DFL);
  }
  int next = report_at + 1;
  for (const auto& [from, to] : request.descriptors) {
    (void)to;
    if (::dup2(from, next++) < 0) give_up();
  }
  next = report_at + 1;
  int last = 2;
  for (const auto& [from, to] : request.descriptors) {
    (void)from;
    if (::dup2(next++, to) < 0) give_up();
    last = std::max(last, to);
  }
  for (int each = 3; each < last; ++each) {
    bool target = false;
    for (const auto& [from, to] : request.descriptors) target = target || to == each;
    if (!target) ::close(each);
  }
  if (report_at > last + 1) ::syscall(SYS_close_range, last + 1, report_at - 1, 0);
  ::syscall(SYS_close_range, report_at + 1, ~0U, 0);
  forget_handlers();
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(request.program.c_str(), argv, envp);
  give_up();
  ::_exit(127);
}

}  // namespace

std::string exit_status::describe() const {
  if (signal == 0) return fmt::format("exited with code {}", code);
  const char* const name = ::sigabbrev_np(signal);
  return name != nullptr ? fmt::format("was killed by SIG{}", name)
                         : fmt::format("was killed by signal {}", signal);
}

pid_t spawn(const spawn_request& request) {
  std::vector<char*> argv;
  argv.push_back(const_cast<char*>(request.program.c_str()));
  for (const auto& argument : request.arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  std::vector<char*> envp;
  for (const auto& variable : request.environment) {
    envp.push_back(const_cast<char*>(variable.c_str()));
  }
  for (char** ours = environ; *ours != nullptr; ++ours) envp.push_back(*ours);
  envp.push_back(nullptr);

  // The pipe closes on exec; what arrives before that is the child's errno.
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe for starting a process");
  }
  const unique_fd read_end(ends[0]);
  unique_fd write_end(ends[1]);
  const int parking = first_free_number(request, write_end.get());
  const pid_t self = ::getpid();
  pid_t pid = 0;
  {
    const held_signals held;
    pid = request.forked ? ::fork() : ::vfork();
    if (pid == 0) exec_child(request, argv.data(), envp.data(), self, write_end.get(), parking);
  }
  if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
  write_end.reset();
  int error = 0;
  if (::read(read_end.get(), &error, sizeof(error)) == sizeof(error)) {
    ::waitpid(pid, nullptr, 0);
    throw std::system_error(error, std::generic_category(), "cannot start " + request.program);
  }
  return pid;
}

std::string self_path() {
  char path[4096];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof(path));
  if (length < 0) throw std::system_error(errno, std::generic_category(), "/proc/self/exe");
  return {path, static_cast<std::size_t>(length)};
}

void die_with_parent(pid_t parent, int signal) {
  ::prctl(PR_SET_PDEATHSIG, signal);
  if (::getppid() != parent) ::_exit(1);  // it died before the line above could take effect
}

std::optional<exit_status> wait_child(pid_t pid, bool block) {
  int status = 0;
  pid_t reaped = 0;
  do {
    reaped = ::waitpid(pid, &status, block ? 0 : WNOHANG);
  } while (reaped < 0 && errno == EINTR);
  if (reaped == 0) return std::nullopt;
  if (reaped < 0) return exit_status{.code = 0, .signal = SIGKILL};  // somebody else reaped it
  if (WIFSIGNALED(status)) return exit_status{.code = 0, .signal = WTERMSIG(status)};
  return exit_status{.code = WEXITSTATUS(status), .signal = 0};
}

void kill_and_reap(pid_t& pid) {
  if (pid <= 0) return;
  ::kill(pid, SIGKILL);
  wait_child(pid, true);
  pid = -1;
}

}  // namespace regatta
