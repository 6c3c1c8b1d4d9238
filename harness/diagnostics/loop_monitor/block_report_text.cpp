// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <utility>

#include "harness/diagnostics/frame_text.hpp"
#include "harness/diagnostics/loop_monitor/block_report.hpp"

namespace regatta {
namespace {

std::string milliseconds(std::chrono::nanoseconds time) {
  const double value = std::chrono::duration<double, std::milli>(time).count();
  return value < 10 ? fmt::format("{:.1f} ms", value) : fmt::format("{:.0f} ms", value);
}

std::string shares_text(const block_report& report) {
  std::string text;
  for (const block_share& share : report.shares) {
    if (share.time * 100 < report.duration) continue;  // under 1 %
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {}", share.what, milliseconds(share.time));
  }
  return text;
}

}  // namespace

const char* to_string(block_cause cause) {
  switch (cause) {
    case block_cause::computing:
      return "computing";
    case block_cause::page_faults:
      return "page faults";
    case block_cause::sleeping:
      return "sleeping";
    case block_cause::file_sync:
      return "file sync";
    case block_cause::file_access:
      return "file access";
    case block_cause::name_lookup:
      return "name lookup";
    case block_cause::connecting:
      return "connecting";
    case block_cause::socket_io:
      return "socket I/O";
    case block_cause::mutex:
      return "a mutex";
    case block_cause::condition:
      return "a condition variable";
    case block_cause::child:
      return "a child process";
    case block_cause::other_call:
      return "a system call";
    case block_cause::cpu_wait:
      return "waiting for a CPU";
    case block_cause::unknown:
      return "unknown";
  }
  return "unknown";
}

const char* to_string(block_phase phase) {
  switch (phase) {
    case block_phase::began:
      return "blocked";
    case block_phase::continues:
      return "still blocked";
    case block_phase::ended:
      return "went on";
  }
  return "blocked";
}

std::string summary(const block_report& report) {
  const std::string who = report.thread_name.empty()
                              ? fmt::format("thread {}", report.thread)
                              : fmt::format("thread {} ({})", report.thread, report.thread_name);
  std::string text = fmt::format("{}: {} ", report.loop, who);
  switch (report.phase) {
    case block_phase::began:
      text += "has been blocked for ";
      break;
    case block_phase::continues:
      text += "is still blocked, for ";
      break;
    case block_phase::ended:
      text += "goes on after it was blocked for ";
      break;
  }
  text += fmt::format("{}: {}", milliseconds(report.duration), to_string(report.cause));
  if (!report.detail.empty()) text += fmt::format(" ({})", report.detail);
  if (!report.blocker.function.empty()) text += ", in " + internal::frame_text(report.blocker);
  return text;
}

std::string format_block_report(const block_report& report) {
  std::string text = fmt::format("regatta: {}\n", summary(report));
  if (!report.shares.empty()) text += fmt::format("    time: {}\n", shares_text(report));
  if (report.phase == block_phase::began) {
    if (!report.stack.empty()) {
      text += "    stack (innermost first):\n" + internal::frames_text(report.stack);
    } else if (!report.stack_problem.empty()) {
      text += fmt::format("    no stack: {}\n", report.stack_problem);
    }
    if (!report.tasks.empty()) text += "    tasks (each is awaited by the next):\n";
    for (const task_info& task : report.tasks) {
      text += fmt::format("      #{} {}", task.serial, task.function);
      if (task.created.known()) text += fmt::format(" created at {}", to_string(task.created));
      text += "\n";
    }
    const char* who = "handler created by";
    for (const source_frame& frame : report.created) {
      text += fmt::format("    {} {}\n", std::exchange(who, "  whose handler was created by"),
                          internal::frame_text(frame));
    }
  }
  if (report.left_out != 0) {
    text += fmt::format("    {} more blocked stretches were left out since the last report\n",
                        report.left_out);
  }
  return text;
}

}  // namespace regatta
