// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "reports/histogram_json.hpp"
#include "reports/load_json.hpp"
#include "reports/profile_report.hpp"
#include "reports/profile_requests.hpp"
#include "reports/report_schema.hpp"

namespace regatta {
namespace {

using json = nlohmann::ordered_json;
using namespace profiling;

template <class Values, class Convert>
json list_json(const Values& values, Convert convert) {
  json list = json::array();
  for (const auto& value : values) list.push_back(convert(value));
  return list;
}

template <class Value>
json or_null(const std::optional<Value>& value) {
  return value ? json(*value) : json();
}

json text_or_null(const std::string& text) { return text.empty() ? json() : json(text); }

json frame_json(const profile_frame& frame) {
  return {{"function", frame.function},
          {"file", text_or_null(frame.file)},
          {"line", frame.line != 0 ? json(frame.line) : json()},
          {"module", text_or_null(frame.module)},
          {"address", frame.address},
          {"inlined", frame.inlined}};
}

json stretch_json(const blocked_stretch& stretch) {
  return {{"begin_ns", stretch.begin.count()},
          {"duration_ns", stretch.duration.count()},
          {"ended", stretch.ended},
          {"thread", stretch.tid},
          {"thread_name", stretch.thread_name},
          {"loop", stretch.loop},
          {"cause", stretch.cause},
          {"detail", text_or_null(stretch.detail)},
          {"ledger", list_json(stretch.ledger,
                               [](const ledger_share& share) -> json {
                                 return {{"kind", to_string(share.kind)},
                                         {"call", text_or_null(share.call)},
                                         {"object", text_or_null(share.object)},
                                         {"ns", share.time.count()}};
                               })},
          {"blocker", stretch.blocker.function.empty() ? json() : frame_json(stretch.blocker)},
          {"stack", list_json(stretch.stack, frame_json)},
          {"stack_problem", text_or_null(stretch.stack_problem)},
          {"suppressed", stretch.suppressed},
          {"suppressed_ns", stretch.suppressed_time.count()},
          {"cost", stretch.cost ? json{{"due", stretch.cost->due},
                                       {"held", stretch.cost->held},
                                       {"delay_ns", stretch.cost->delay.count()}}
                                : json()}};
}

// One list a field: of some hundreds of intervals, the names need not be there each time.
json timeline_json(const std::vector<loop_interval>& timeline) {
  const auto count = [](const loop_interval& each) { return or_null(each.iterations); };
  return {{"begin_ns", list_json(timeline, [](auto& each) { return each.begin.count(); })},
          {"length_ns", list_json(timeline, [](auto& each) { return each.length.count(); })},
          {"iterations", list_json(timeline, count)},
          {"waiting_ns", list_json(timeline, [](auto& each) { return each.waiting.count(); })},
          {"working_ns", list_json(timeline, [](auto& each) { return each.working.count(); })}};
}

json driven_json(const std::optional<driven_load>& driven) {
  if (!driven) return nullptr;
  const auto& timeline = driven->timeline;
  return {{"begin_ns", driven->begin.count()},
          {"load", make_load_part(driven->load)},
          {"in_stretches_seconds", write_times(driven->in_stretches)},
          {"elsewhere_seconds", write_times(driven->elsewhere)},
          {"timeline",
           {{"begin_ns", list_json(timeline, [](auto& each) { return each.begin.count(); })},
            {"length_ns", list_json(timeline, [](auto& each) { return each.length.count(); })},
            {"requests", list_json(timeline, [](auto& each) { return each.requests; })},
            {"longest_ns", list_json(timeline, [](auto& each) { return each.longest.count(); })}}}};
}

json slices_json(const std::optional<duration_histogram>& slices) {
  if (!slices) return nullptr;
  return {{"count", slices->count()},
          {"sum_seconds", slices->sum()},
          {"p50_seconds", or_null(slices->quantile(0.5))},
          {"p90_seconds", or_null(slices->quantile(0.9))},
          {"p99_seconds", or_null(slices->quantile(0.99))},
          {"p999_seconds", or_null(slices->quantile(0.999))},
          {"max_seconds", slices->max()},
          {"buckets", write_buckets(*slices)}};
}

json saturated_json(const saturated_stack& found) {
  return {{"looks", found.looks},
          {"blocker", found.blocker.function.empty() ? json() : frame_json(found.blocker)},
          {"stack", list_json(found.stack, frame_json)}};
}

json loop_json(const loop_profile& loop) {
  return {{"loop", loop.key},
          {"call", text_or_null(loop.call)},
          {"threads", loop.threads},
          {"iterations", or_null(loop.iterations)},
          {"waiting_ns", loop.waiting.count()},
          {"working_ns", loop.working.count()},
          {"saturated_share", or_null(loop.saturated)},
          {"saturated_in", list_json(loop.saturated_in, saturated_json)},
          {"callbacks", slices_json(loop.slices)},
          {"stretches", list_json(loop.stretches, stretch_json)},
          {"timeline", timeline_json(loop.timeline)}};
}

json thread_json(const thread_profile& thread) {
  return {{"thread", thread.tid},
          {"process", thread.process},
          {"name", thread.name},
          {"kind", to_string(thread.kind)},
          {"watched_ns", thread.watched.count()},
          {"cpu_ns", thread.cpu.count()},
          {"run_queue_ns", thread.run_queue.count()},
          {"switches", thread.switches},
          {"waits_in", text_or_null(thread.waits_in)}};
}

}  // namespace

nlohmann::ordered_json make_profile_json(const profile_result& result) {
  const auto started =
      std::chrono::duration_cast<std::chrono::milliseconds>(result.started.time_since_epoch());
  return {{"$schema", file_name_of(report_schema::profile)},
          {"kind", "profile"},
          {"schema_version", profile_schema_version},
          {"generator", {{"name", "regatta"}, {"version", REGATTA_VERSION}}},
          {"tier", to_string(result.tier)},
          {"missing_tiers",
           list_json(result.missing,
                     [](const missing_tier& missing) -> json {
                       return {{"tier", to_string(missing.tier)}, {"reason", missing.reason}};
                     })},
          {"process",
           {{"pid", result.process.pid},
            {"name", result.process.name},
            {"command_line", result.process.command_line},
            {"end", or_null(result.process_end)}}},
          {"started_ms", started.count()},
          {"duration_ns", result.duration.count()},
          {"threshold_ns", result.threshold.count()},
          {"loops", list_json(result.loops, loop_json)},
          {"threads", list_json(result.threads, thread_json)},
          {"requests", result.requests ? make_requests_json(*result.requests, result) : json()},
          {"notes", result.notes},
          {"driven", driven_json(result.driven)},
          {"cost",
           {{"attach_ns", result.cost.attach.count()},
            {"cpu_ns", result.cost.cpu.count()},
            {"events", result.cost.events},
            {"dropped", result.cost.dropped},
            {"waits_watched_ns", result.cost.waits_watched.count()},
            {"calls_watched_ns", result.cost.calls_watched.count()},
            {"programs_share", or_null(result.cost.programs_share)}}}};
}

}  // namespace regatta
