// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/task_tracker/report.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "harness/diagnostics/replaceable_handler.hpp"
#include "harness/diagnostics/stderr_text.hpp"
#include "harness/diagnostics/task_tracker/report_limit.hpp"
#include "harness/diagnostics/task_tracker/snapshot.hpp"
#include "harness/diagnostics/task_tracker/task_findings.hpp"
#include "harness/diagnostics/task_tracker/tasks.hpp"

namespace regatta {
namespace {

// Never destroyed: reports come until after the last static object.
struct reporting {
  internal::replaceable_handler<task_report_handler> handler;
  std::mutex mutex;
  internal::report_limit limit;  // guarded by mutex
  std::atomic<std::uint64_t> findings{0};
  debug_options options;
  std::atomic<pid_t> process{0};
};

reporting& shared() {
  static reporting& only = *new reporting;
  return only;
}

// After every destructor of the program: what waits now waits for ever.
[[gnu::destructor(101)]] void report_the_end() {
  reporting& all = shared();
  if (all.process.load(std::memory_order_relaxed) != ::getpid()) return;  // a forked child's copy
  internal::report_pending_at_exit();
  if (all.options.json) return;
  const std::lock_guard lock(all.mutex);
  for (const auto& [place, count] : all.limit.take_left_out()) {
    internal::write_to_stderr(
        fmt::format("regatta: {} more findings like that at {}\n", count, place));
  }
}

}  // namespace

task_report_handler set_task_report_handler(task_report_handler handler) {
  return shared().handler.exchange(std::move(handler));
}

void print_task_report(const task_report& report) {
  reporting& all = shared();
  const std::lock_guard lock(all.mutex);
  const std::string place =
      fmt::format("{} ({})", to_string(report.task.created), to_string(report.finding));
  const auto left_out = all.limit.admit(place, std::chrono::steady_clock::now());
  if (!left_out) return;
  std::string text =
      all.options.json ? format_task_report_json(report) + "\n" : format_task_report(report);
  if (*left_out != 0 && !all.options.json) {
    text += fmt::format("    {} more like this were left out since the last report\n", *left_out);
  }
  internal::write_to_stderr(text);
}

std::uint64_t task_finding_count() { return shared().findings.load(std::memory_order_relaxed); }

namespace internal {

void deliver(const task_report& report, bool taken) noexcept {
  reporting& all = shared();
  all.findings.fetch_add(1, std::memory_order_relaxed);
  const auto handler =
      report.finding != task_finding::pending_at_exit ? all.handler.current() : nullptr;
  try {
    if (handler) {
      (*handler)(report);
    } else if (!taken) {
      print_task_report(report);
    }
  } catch (const std::exception& error) {
    internal::write_to_stderr(fmt::format("regatta: the report handler threw: {}\n", error.what()));
  } catch (...) {
    internal::write_to_stderr("regatta: the report handler threw\n");
  }
  if (all.options.fatal) std::abort();
}

void start_reporting(const debug_options& options) {
  reporting& all = shared();
  all.options = options;
  all.process.store(::getpid(), std::memory_order_relaxed);
  if (options.signal != 0) print_tasks_on_signal(options.signal);
}

}  // namespace internal
}  // namespace regatta
