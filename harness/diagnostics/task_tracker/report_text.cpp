// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "harness/diagnostics/frame_text.hpp"
#include "harness/diagnostics/json_text.hpp"
#include "harness/diagnostics/task_tracker/report.hpp"

namespace regatta {
const char* to_string(task_finding finding) {
  switch (finding) {
    case task_finding::never_awaited:
      return "never awaited";
    case task_finding::destroyed_pending:
      return "destroyed while pending";
    case task_finding::exception_lost:
      return "exception never retrieved";
    case task_finding::pending_at_exit:
      return "still pending at exit";
    case task_finding::awaited_twice:
      return "awaited twice";
  }
  return "";
}

std::string format_task_report(const task_report& report) {
  std::string text = fmt::format("regatta: {}\n", report.message);
  for (const task_info& inner : report.stood_in) {
    text += fmt::format("    awaiting {}, at {}\n", inner.function, to_string(inner.awaiting));
  }
  if (report.task.defined.known()) {
    text += fmt::format("    {} is defined at {}\n", report.task.function,
                        to_string(report.task.defined));
  }
  const std::string origin = internal::frames_text(report.task.origin);
  if (!origin.empty()) text += "    created by (innermost first):\n" + origin;
  return text;
}

std::string format_task_report_json(const task_report& report) {
  using namespace internal;
  std::string stood_in;
  for (const task_info& inner : report.stood_in) {
    stood_in += fmt::format(R"({}{{"function":{},"awaiting":{}}})", stood_in.empty() ? "" : ",",
                            json_quoted(inner.function), json_place(inner.awaiting));
  }
  std::string exception = "null";
  if (report.exception) {
    exception = fmt::format(R"({{"type":{},"what":{}}})", json_quoted(report.exception_type),
                            json_quoted(report.exception_text));
  }
  return fmt::format(
      R"({{"finding":{},"message":{},"task":{},"function":{},"defined":{},"created":{},"awaiting":{},)"
      R"("stood_in":[{}],"exception":{},"origin":{}}})",
      json_quoted(to_string(report.finding)), json_quoted(report.message), report.task.serial,
      json_quoted(report.task.signature), json_place(report.task.defined),
      json_place(report.task.created), json_place(report.task.awaiting), stood_in, exception,
      json_frames(report.task.origin));
}

}  // namespace regatta
