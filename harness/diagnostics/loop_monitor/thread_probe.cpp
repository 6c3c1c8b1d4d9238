// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/loop_monitor/thread_probe.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include <charconv>
#include <span>

namespace regatta::internal {
namespace {

unique_fd open_task_file(pid_t thread, const char* name) {
  const std::string path = fmt::format("/proc/self/task/{}/{}", thread, name);
  return unique_fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

std::string_view read_at_once(const unique_fd& file, std::span<char> space) {
  const ssize_t got = ::pread(file.get(), space.data(), space.size(), 0);
  return {space.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
}

std::string_view next_word(std::string_view& text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \n"), text.size());
  const std::size_t end = std::min(text.find_first_of(" \n", begin), text.size());
  const std::string_view word = text.substr(begin, end - begin);
  text.remove_prefix(end);
  return word;
}

std::optional<std::uint64_t> parse_number(std::string_view word) {
  const bool hexadecimal = word.starts_with("0x");
  if (hexadecimal) word.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(word.data(), word.data() + word.size(), value, hexadecimal ? 16 : 10);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}

// A thread's CPU clock by its id, as the kernel's posix-timers.h builds it; pthread_getcpuclockid
// would want a pthread_t.
clockid_t cpu_clock_of(pid_t thread) {
  return static_cast<clockid_t>((~static_cast<unsigned>(thread) << 3) | 6);
}

// The fields minflt and majflt of stat, the 10th and the 12th. The second one may hold blanks.
std::uint64_t parse_faults(std::string_view stat) {
  const std::size_t name_end = stat.rfind(')');
  if (name_end == stat.npos) return 0;
  stat.remove_prefix(name_end + 1);
  std::uint64_t faults = 0;
  for (int field = 3; field <= 12; ++field) {
    const auto value = parse_number(next_word(stat));
    if (field == 10 || field == 12) faults += value.value_or(0);
  }
  return faults;
}

}  // namespace

std::optional<thread_look> parse_syscall_file(std::string_view text) {
  thread_look look;
  const std::string_view first = next_word(text);
  if (first == "running") {
    look.now = thread_look::state::running;
    return look;
  }
  if (first == "-1") {
    look.now = thread_look::state::waits;
  } else {
    const auto number = parse_number(first);
    if (!number) return std::nullopt;
    look.now = thread_look::state::in_call;
    look.call = static_cast<long>(*number);
    for (std::uint64_t& argument : look.argument) {
      const auto value = parse_number(next_word(text));
      if (!value) return std::nullopt;
      argument = *value;
    }
  }
  const auto stack = parse_number(next_word(text));
  const auto code = parse_number(next_word(text));
  if (!stack || !code) return std::nullopt;
  look.stack = *stack;
  look.code = *code;
  return look;
}

thread_probe::thread_probe(pid_t thread)
    : thread_(thread),
      syscall_(open_task_file(thread, "syscall")),
      schedstat_(open_task_file(thread, "schedstat")),
      stat_(open_task_file(thread, "stat")) {}

std::optional<thread_look> thread_probe::look() const {
  std::array<char, 256> space;
  if (syscall_) {
    const std::string_view text = read_at_once(syscall_, space);
    if (!text.empty()) return parse_syscall_file(text);
  }
  // Kernels without that file, or a sandbox that hides it: is the thread there at all?
  if (read_at_once(stat_, space).empty()) return std::nullopt;
  return thread_look{};
}

thread_usage thread_probe::usage() const {
  std::array<char, 512> space;
  return {.cpu = cpu(), .cpu_wait = cpu_wait(), .faults = parse_faults(read_at_once(stat_, space))};
}

std::chrono::nanoseconds thread_probe::cpu() const {
  timespec used{};
  if (::clock_gettime(cpu_clock_of(thread_), &used) != 0) return {};
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

std::chrono::nanoseconds thread_probe::cpu_wait() const {
  std::array<char, 64> space;
  std::string_view text = read_at_once(schedstat_, space);
  next_word(text);
  return std::chrono::nanoseconds(
      static_cast<std::int64_t>(parse_number(next_word(text)).value_or(0)));
}

std::uint64_t thread_probe::waits() const {
  std::array<char, 4096> space;
  std::string_view text = status_field("\nvoluntary_ctxt_switches:", space);
  return parse_number(next_word(text)).value_or(0);
}

bool thread_probe::takes(int signal) const {
  std::array<char, 4096> space;
  std::string_view text = status_field("\nSigBlk:", space);
  const auto blocked = parse_number(fmt::format("0x{}", next_word(text)));
  return blocked && (*blocked >> (signal - 1) & 1) == 0;
}

std::string_view thread_probe::status_field(std::string_view name, std::span<char> space) const {
  const unique_fd file = open_task_file(thread_, "status");
  std::string_view text = read_at_once(file, space);
  const std::size_t at = text.find(name);
  if (at == text.npos) return "";
  text.remove_prefix(at + name.size());
  const std::size_t begin = text.find_first_not_of("\t ");
  return begin == text.npos ? "" : text.substr(begin);
}

std::string thread_probe::name() const {
  std::array<char, 64> space;
  const unique_fd file = open_task_file(thread_, "comm");
  std::string_view text = read_at_once(file, space);
  if (text.ends_with('\n')) text.remove_suffix(1);
  return std::string(text);
}

}  // namespace regatta::internal
