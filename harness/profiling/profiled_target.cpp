// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/profiled_target.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "harness/platform/proc_text.hpp"
#include "harness/platform/unique_fd.hpp"

namespace regatta::profiling {
namespace {

// PF_KTHREAD of the kernel's sched.h, in the field `flags` of stat.
constexpr std::uint64_t kernel_thread_flag = 0x00200000;

std::string user_name(uid_t user) {
  passwd found{};
  passwd* result = nullptr;
  std::array<char, 4096> space;
  if (::getpwuid_r(user, &found, space.data(), space.size(), &result) == 0 && result != nullptr) {
    return found.pw_name;
  }
  return fmt::format("{}", user);
}

std::string command_line_of(pid_t pid, const std::string& name) {
  std::string text = proc_text::read_file(fmt::format("/proc/{}/cmdline", pid)).value_or("");
  while (text.ends_with('\0')) text.pop_back();
  // Arguments may hold anything, a whole script as well.
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return text.empty() ? name : text;
}

bool may_look_into(pid_t pid) {
  const std::string path = fmt::format("/proc/{}/syscall", pid);
  const unique_fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char one = 0;
  return file && (::read(file.get(), &one, 1) >= 0 || errno == ESRCH);
}

std::optional<target_facts> facts_of(pid_t pid) {
  const auto status = proc_text::read_file(fmt::format("/proc/{}/status", pid));
  const auto stat = proc_text::read_file(fmt::format("/proc/{}/stat", pid));
  if (!status || !stat) return std::nullopt;
  return parse_target(*status, *stat);
}

}  // namespace

std::optional<target_facts> parse_target(std::string_view status, std::string_view stat) {
  target_facts facts;
  const auto name = proc_text::value_of(status, "Name");
  const auto process = proc_text::count_of(status, "Tgid");
  const auto parent = proc_text::count_of(status, "PPid");
  const auto user = proc_text::count_of(status, "Uid");
  const auto state = proc_text::value_of(status, "State");
  const std::size_t name_end = stat.rfind(')');  // the name may hold blanks and parentheses
  if (!name || !process || !parent || !user || !state || state->empty() || name_end == stat.npos) {
    return std::nullopt;
  }
  facts.name = *name;
  facts.process = static_cast<pid_t>(*process);
  facts.parent = static_cast<pid_t>(*parent);
  facts.user = static_cast<uid_t>(*user);
  facts.state = state->front();
  stat.remove_prefix(name_end + 1);
  std::string_view flags;
  for (int field = 3; field <= 9; ++field) flags = proc_text::next_word(stat);
  facts.kernel_thread =
      (proc_text::number<std::uint64_t>(flags).value_or(0) & kernel_thread_flag) != 0;
  return facts;
}

std::optional<std::string> target_problem(pid_t pid, const target_facts& facts) {
  if (facts.process != pid) {
    return fmt::format("{} is a thread of process {}; profile that: --pid {}", pid, facts.process,
                       facts.process);
  }
  if (facts.kernel_thread) {
    return fmt::format("process {} ({}) is a thread of the kernel, which has no loop to profile",
                       pid, facts.name);
  }
  if (facts.state == 'Z' || facts.state == 'X') {
    return fmt::format(
        "process {} ({}) has ended and only waits for its parent {} to take note: there is nothing "
        "to profile",
        pid, facts.name, facts.parent);
  }
  return std::nullopt;
}

profiled_process examine_target(pid_t pid) {
  if (pid == ::getpid()) {
    throw std::runtime_error("a process cannot profile itself; give another one's --pid");
  }
  const auto facts = facts_of(pid);
  if (!facts) {
    throw std::runtime_error(
        fmt::format("there is no process {}; see ps -e for those there are", pid));
  }
  if (const auto problem = target_problem(pid, *facts)) throw std::runtime_error(*problem);
  if (!may_look_into(pid) && facts->user == ::geteuid()) {
    throw std::runtime_error(
        fmt::format("process {} ({}) may not be looked into, not even by its own user: it has "
                    "privileges of its own; that needs CAP_SYS_PTRACE",
                    pid, facts->name));
  }
  if (!may_look_into(pid)) {
    throw std::runtime_error(
        fmt::format("process {} ({}) may not be looked into: it belongs to user {}; profile it as "
                    "root or as that user",
                    pid, facts->name, user_name(facts->user)));
  }
  return {.pid = pid, .name = facts->name, .command_line = command_line_of(pid, facts->name)};
}

bool still_runs(pid_t pid) {
  const auto facts = facts_of(pid);
  return facts && facts->state != 'Z' && facts->state != 'X';
}

}  // namespace regatta::profiling
