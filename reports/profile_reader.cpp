// SPDX-License-Identifier: Apache-2.0
#include "reports/profile_reader.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "reports/histogram_json.hpp"
#include "reports/load_reader.hpp"
#include "reports/profile_report.hpp"
#include "reports/profile_requests.hpp"
#include "reports/stored_json.hpp"

namespace regatta {
namespace {

using namespace profiling;
using nlohmann::json;
using std::chrono::nanoseconds;

// The value that to_string() calls so. No enumeration has as many values.
template <class Enum>
Enum named(const char* what, const json& name) {
  for (int value = 0; value < 32; ++value) {
    if (name == to_string(static_cast<Enum>(value))) return static_cast<Enum>(value);
  }
  throw bad_report(fmt::format("has the {} {}, which this regatta does not know: update it", what,
                               name.dump(-1, ' ', true)));
}

nanoseconds time_of(const json& count) { return nanoseconds(count.get<std::int64_t>()); }

std::string text_or_empty(const json& value) {
  return value.is_null() ? std::string() : value.get<std::string>();
}

template <class Value>
std::optional<Value> known(const json& value) {
  return value.is_null() ? std::nullopt : std::optional(value.get<Value>());
}

profile_frame read_frame(const json& file) {
  profile_frame frame;
  frame.function = file["function"];
  frame.file = text_or_empty(file["file"]);
  frame.line = known<unsigned>(file["line"]).value_or(0);
  frame.module = text_or_empty(file["module"]);
  frame.address = file["address"];
  frame.inlined = file["inlined"];
  return frame;
}

blocked_stretch read_stretch(const json& file) {
  blocked_stretch stretch;
  stretch.begin = time_of(file["begin_ns"]);
  stretch.duration = time_of(file["duration_ns"]);
  stretch.ended = file["ended"];
  stretch.tid = file["thread"];
  stretch.thread_name = file["thread_name"];
  stretch.loop = file["loop"];
  stretch.cause = file["cause"];
  stretch.detail = text_or_empty(file["detail"]);
  nanoseconds sum{};
  for (const json& share : file["ledger"]) {
    stretch.ledger.push_back({.kind = named<share_kind>("kind of share", share["kind"]),
                              .call = text_or_empty(share["call"]),
                              .object = text_or_empty(share["object"]),
                              .time = time_of(share["ns"])});
    sum += stretch.ledger.back().time;
    if (100 * (sum - stretch.duration) > stretch.duration) {
      throw bad_report(
          fmt::format("contradicts itself: the parts of a stretch of {} ns are longer together",
                      stretch.duration.count()));
    }
  }
  if (!file["blocker"].is_null()) stretch.blocker = read_frame(file["blocker"]);
  for (const json& frame : file["stack"]) stretch.stack.push_back(read_frame(frame));
  stretch.stack_problem = text_or_empty(file["stack_problem"]);
  stretch.suppressed = file["suppressed"];
  stretch.suppressed_time = time_of(file["suppressed_ns"]);
  if (const json& cost = file["cost"]; !cost.is_null()) {
    stretch.cost = {.due = cost["due"], .held = cost["held"], .delay = time_of(cost["delay_ns"])};
  }
  return stretch;
}

// Sums over all stretches must not be beyond what a duration can hold.
void check_sum(const loop_profile& loop) {
  double sum = 0;
  for (const blocked_stretch& stretch : loop.stretches) {
    sum += static_cast<double>((stretch.duration + stretch.suppressed_time).count());
  }
  if (sum > 9e18) {
    throw bad_report("contradicts itself: its stretches last for centuries");
  }
}

// The number of intervals: all lists have that.
std::size_t rows_of(const json& columns) {
  constexpr std::size_t most = 10'000;  // what is written is some hundreds
  const std::size_t rows = columns["begin_ns"].size();
  if (rows > most) throw bad_report(fmt::format("has a timeline of {} intervals", rows));
  for (const auto& [name, column] : columns.items()) {
    if (column.is_array() && column.size() != rows) {
      throw bad_report(fmt::format("contradicts itself: a timeline has {} times and {} of {}", rows,
                                   column.size(), name));
    }
  }
  return rows;
}

std::vector<loop_interval> read_timeline(const json& file) {
  std::vector<loop_interval> timeline(rows_of(file));
  for (std::size_t i = 0; i < timeline.size(); ++i) {
    timeline[i] = {.begin = time_of(file["begin_ns"][i]),
                   .length = time_of(file["length_ns"][i]),
                   .iterations = known<std::uint64_t>(file["iterations"][i]),
                   .waiting = time_of(file["waiting_ns"][i]),
                   .working = time_of(file["working_ns"][i])};
  }
  return timeline;
}

saturated_stack read_saturated(const json& file) {
  saturated_stack found{.stack = {}, .blocker = {}, .looks = file["looks"]};
  for (const json& frame : file["stack"]) found.stack.push_back(read_frame(frame));
  if (!file["blocker"].is_null()) found.blocker = read_frame(file["blocker"]);
  return found;
}

loop_profile read_loop(const json& file) {
  loop_profile loop;
  loop.key = file["loop"];
  loop.call = text_or_empty(file["call"]);
  file["threads"].get_to(loop.threads);
  loop.iterations = known<std::uint64_t>(file["iterations"]);
  loop.waiting = time_of(file["waiting_ns"]);
  loop.working = time_of(file["working_ns"]);
  loop.saturated = known<double>(file["saturated_share"]);
  for (const json& each : file["saturated_in"]) loop.saturated_in.push_back(read_saturated(each));
  if (const json& slices = file["callbacks"]; !slices.is_null()) {
    loop.slices = read_buckets(slices["buckets"], slices["sum_seconds"], slices["max_seconds"]);
  }
  for (const json& stretch : file["stretches"]) loop.stretches.push_back(read_stretch(stretch));
  check_sum(loop);
  loop.timeline = read_timeline(file["timeline"]);
  return loop;
}

thread_profile read_thread(const json& file) {
  return {.tid = file["thread"],
          .name = file["name"],
          .kind = named<thread_kind>("kind of thread", file["kind"]),
          .watched = time_of(file["watched_ns"]),
          .cpu = time_of(file["cpu_ns"]),
          .run_queue = time_of(file["run_queue_ns"]),
          .switches = file["switches"],
          .waits_in = text_or_empty(file["waits_in"]),
          .process = file["process"]};
}

driven_load read_driven(const json& file) {
  driven_load driven;
  driven.load = read_load_part(file["load"]);
  driven.begin = time_of(file["begin_ns"]);
  driven.in_stretches = read_times(file["in_stretches_seconds"]);
  driven.elsewhere = read_times(file["elsewhere_seconds"]);
  const json& columns = file["timeline"];
  driven.timeline.resize(rows_of(columns));
  for (std::size_t i = 0; i < driven.timeline.size(); ++i) {
    driven.timeline[i] = {.begin = time_of(columns["begin_ns"][i]),
                          .length = time_of(columns["length_ns"][i]),
                          .requests = columns["requests"][i],
                          .longest = time_of(columns["longest_ns"][i])};
  }
  return driven;
}

}  // namespace

profile_result read_profile_report(const json& document) {
  check_stored_json(document, report_schema::profile, profile_schema_version);
  profile_result result;
  result.tier = named<profile_tier>("tier", document["tier"]);
  for (const json& missing : document["missing_tiers"]) {
    result.missing.push_back({named<profile_tier>("tier", missing["tier"]), missing["reason"]});
  }
  const json& process = document["process"];
  result.process = {process["pid"], process["name"], process["command_line"]};
  result.process_end = known<std::string>(process["end"]);
  result.started = std::chrono::system_clock::time_point(
      std::chrono::milliseconds(document["started_ms"].get<std::int64_t>()));
  result.duration = time_of(document["duration_ns"]);
  result.threshold = time_of(document["threshold_ns"]);
  for (const json& loop : document["loops"]) result.loops.push_back(read_loop(loop));
  for (const json& thread : document["threads"]) result.threads.push_back(read_thread(thread));
  if (!document["requests"].is_null()) result.requests = read_requests(document["requests"]);
  document["notes"].get_to(result.notes);
  if (!document["driven"].is_null()) result.driven = read_driven(document["driven"]);
  const json& cost = document["cost"];
  result.cost = {.attach = time_of(cost["attach_ns"]),
                 .cpu = time_of(cost["cpu_ns"]),
                 .events = cost["events"],
                 .dropped = cost["dropped"],
                 .waits_watched = time_of(cost["waits_watched_ns"]),
                 .calls_watched = time_of(cost["calls_watched_ns"]),
                 .programs_share = known<double>(cost["programs_share"])};
  return result;
}

}  // namespace regatta
