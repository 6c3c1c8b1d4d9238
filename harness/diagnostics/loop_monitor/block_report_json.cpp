// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "harness/diagnostics/loop_monitor/block_report.hpp"

namespace regatta {
namespace {

using json = nlohmann::ordered_json;

json place_json(const source_place& place) {
  if (!place.known()) return nullptr;
  return {{"file", place.file}, {"line", place.line}};
}

json frame_json(const source_frame& frame) {
  if (frame.function.empty()) return nullptr;
  return {
      {"function", frame.function}, {"place", place_json(frame.place)}, {"inlined", frame.inlined}};
}

template <class Values, class Convert>
json list_json(const Values& values, Convert convert) {
  json list = json::array();
  for (const auto& value : values) list.push_back(convert(value));
  return list;
}

}  // namespace

std::string format_block_report_json(const block_report& report) {
  const json line = {
      {"finding", "blocked loop"},
      {"message", summary(report)},
      {"stretch", report.stretch},
      {"phase", to_string(report.phase)},
      {"loop", report.loop},
      {"thread", report.thread},
      {"thread_name", report.thread_name},
      {"threshold_ns", report.threshold.count()},
      {"duration_ns", report.duration.count()},
      {"cpu_ns", report.cpu_time.count()},
      {"cause", to_string(report.cause)},
      {"detail", report.detail},
      {"shares", list_json(report.shares,
                           [](const block_share& share) -> json {
                             return {{"what", share.what}, {"ns", share.time.count()}};
                           })},
      {"blocker", frame_json(report.blocker)},
      {"stack", list_json(report.stack, frame_json)},
      {"stack_problem", report.stack_problem},
      {"tasks", list_json(report.tasks,
                          [](const task_info& task) -> json {
                            return {{"task", task.serial},
                                    {"function", task.function},
                                    {"created", place_json(task.created)},
                                    {"awaiting", place_json(task.awaiting)}};
                          })},
      {"created", list_json(report.created, frame_json)},
      {"left_out", report.left_out}};
  // A thread's name is any bytes.
  return line.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace regatta
