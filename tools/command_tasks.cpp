// SPDX-License-Identifier: Apache-2.0
#include "tools/command_tasks.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "harness/diagnostics/task_tracker/remote_tasks.hpp"
#include "harness/diagnostics/task_tracker/tasks.hpp"
#include "tools/exit_codes.hpp"

namespace regatta {
namespace {

struct tasks_arguments {
  pid_t process = 0;
  std::size_t most = 1000;
};

int command_tasks(const tasks_arguments& arguments) {
  const remote_tasks found = read_remote_tasks(arguments.process);
  fmt::print("{}", format_task_tree(found.tasks, arguments.most));
  if (found.untracked != 0) {
    fmt::print(stderr, "regatta: {} more tasks found no room in the process's registry\n",
               found.untracked);
  }
  return exit_fine;
}

}  // namespace

void add_tasks_command(CLI::App& app, int& exit_code) {
  CLI::App& command = *app.add_subcommand(
      "tasks", "Show the coroutines of a running process that was built with regatta::debug");
  const auto arguments = std::make_shared<tasks_arguments>();
  command.add_option("--pid", arguments->process, "The process")
      ->required()
      ->check(CLI::Range(1, 1 << 22));
  command.add_option("--most", arguments->most, "Show at most so many tasks")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  command.callback([arguments, &exit_code] { exit_code = command_tasks(*arguments); });
}

}  // namespace regatta
