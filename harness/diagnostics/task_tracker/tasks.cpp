// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/task_tracker/tasks.hpp"

#include <fmt/format.h>
#include <semaphore.h>
#include <signal.h>
#include <unistd.h>

#include <map>
#include <set>
#include <thread>

#include "harness/diagnostics/task_tracker/registry.hpp"
#include "harness/diagnostics/task_tracker/snapshot.hpp"

namespace regatta {
namespace {

constexpr unsigned deepest_level = 40;  // deeper ones are not indented further

std::string format_duration(std::chrono::nanoseconds time) {
  const double seconds = std::chrono::duration<double>(time).count();
  if (seconds < 1) return fmt::format("{:.0f} ms", seconds * 1e3);
  if (seconds < 120) return fmt::format("{:.1f} s", seconds);
  return fmt::format("{:.0f} min", seconds / 60);
}

std::string format_line(const task_info& task) {
  std::string text = fmt::format("#{} {}", task.serial, task.function);
  switch (task.state) {
    case task_state::created:
      text += fmt::format("  not begun for {}", format_duration(task.age));
      break;
    case task_state::running:
      text += "  running";
      break;
    case task_state::suspended:
      text += fmt::format("  waits {}", format_duration(task.in_state));
      if (!task.operation.empty()) text += " for " + task.operation;
      break;
    case task_state::finished:
      text += "  finished";
      break;
  }
  if (task.awaiting.known()) text += fmt::format("  at {}", to_string(task.awaiting));
  if (task.created.known()) {
    text +=
        fmt::format("  {} at {}", task.spawned ? "spawned" : "created", to_string(task.created));
  }
  return text;
}

struct tree_printer {
  std::map<std::uint64_t, std::vector<const task_info*>> children;
  std::set<std::uint64_t> shown;
  std::size_t most_lines;
  std::string text;

  void show(const task_info& top) {
    std::vector<std::pair<const task_info*, unsigned>> open{{&top, 0}};
    while (!open.empty()) {
      const auto [task, level] = open.back();
      open.pop_back();
      if (shown.size() >= most_lines || !shown.insert(task->serial).second) continue;
      text += fmt::format("{:{}}{}{}\n", "", 2 * std::min(level, deepest_level),
                          level == 0 ? "" : "└ ", format_line(*task));
      const auto& below = children[task->serial];
      for (auto child = below.rbegin(); child != below.rend(); ++child) {
        open.emplace_back(*child, level + 1);
      }
    }
  }
};

sem_t wanted;
int signal_in_use = 0;

extern "C" void want_tasks(int) { ::sem_post(&wanted); }

[[noreturn]] void print_when_wanted() {
  for (;;) {
    while (::sem_wait(&wanted) != 0) {
    }
    const std::string text = format_task_tree(tasks());
    if (::write(STDERR_FILENO, text.data(), text.size()) < 0) continue;
  }
}

}  // namespace

std::vector<task_info> tasks() {
  return internal::describe_all(internal::own_records(), internal::coarse_now(), own_symbols(),
                                internal::own_string);
}

std::string format_task_tree(const std::vector<task_info>& tasks, std::size_t most_lines) {
  std::set<std::uint64_t> known;
  for (const task_info& task : tasks) known.insert(task.serial);
  tree_printer printer{{}, {}, most_lines, fmt::format("{} tasks\n", tasks.size())};
  for (const task_info& task : tasks) printer.children[task.awaiter].push_back(&task);
  for (const task_info& task : tasks) {
    if (!known.contains(task.awaiter)) printer.show(task);
  }
  for (const task_info& task : tasks) printer.show(task);  // what is left hangs on a cycle
  if (printer.shown.size() < tasks.size()) {
    printer.text += fmt::format("and {} more\n", tasks.size() - printer.shown.size());
  }
  return printer.text;
}

std::uint64_t current_task() noexcept {
  const internal::task_record* const record = internal::this_thread.current;
  return record != nullptr ? record->serial.load(std::memory_order_relaxed) : 0;
}

void print_tasks_on_signal(int signal) {
  if (signal_in_use == 0) {
    ::sem_init(&wanted, 0, 0);
    sigset_t all;
    sigset_t former;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &former);  // the program's signals go to its own threads
    std::thread(print_when_wanted).detach();
    ::pthread_sigmask(SIG_SETMASK, &former, nullptr);
  }
  signal_in_use = signal;
  struct sigaction action {};
  action.sa_handler = want_tasks;
  action.sa_flags = SA_RESTART;
  ::sigaction(signal, &action, nullptr);
}

}  // namespace regatta
