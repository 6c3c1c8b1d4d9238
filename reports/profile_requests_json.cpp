// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <nlohmann/json.hpp>

#include "reports/histogram_json.hpp"
#include "reports/profile_requests.hpp"

namespace regatta {
namespace {

using json = nlohmann::ordered_json;
using namespace profiling;
using std::chrono::nanoseconds;

json nanoseconds_of(std::optional<double> seconds) {
  return seconds ? json(std::llround(*seconds * 1e9)) : json();
}

json summary_json(const duration_histogram& times, std::optional<nanoseconds> mean = {}) {
  const auto count = times.count();
  std::optional<double> average;
  if (mean) {
    average = std::chrono::duration<double>(*mean).count();
  } else if (count != 0) {
    average = times.sum() / static_cast<double>(count);
  }
  return {{"count", count},
          {"mean", nanoseconds_of(average)},
          {"p50", nanoseconds_of(times.quantile(0.5))},
          {"p90", nanoseconds_of(times.quantile(0.9))},
          {"p99", nanoseconds_of(times.quantile(0.99))},
          {"p999", nanoseconds_of(times.quantile(0.999))},
          {"max", count != 0 ? nanoseconds_of(times.max()) : json()},
          {"sum", nanoseconds_of(times.sum())},
          {"buckets", write_buckets(times)}};
}

json phase_json(const request_phase& phase) {
  json made = {{"kind", phase.kind ? to_string(*phase.kind) : "cpu"},
               {"wall_ns", phase.wall.count()},
               {"cpu_ns", phase.cpu.count()}};
  if (!phase.peer.empty()) made["peer"] = phase.peer;
  return made;
}

json sample_json(const request_sample& sample) {
  json phases = json::array();
  for (const request_phase& phase : sample.phases) phases.push_back(phase_json(phase));
  return {{"arrival_ns", sample.arrival.count()}, {"queue_ns", sample.queue.count()},
          {"latency_ns", sample.latency.count()}, {"cpu_ns", sample.cpu.count()},
          {"bytes_in", sample.bytes_in},          {"bytes_out", sample.bytes_out},
          {"phases", std::move(phases)}};
}

json class_json(const request_class& each, nanoseconds window) {
  json waits, samples = json::array();
  for (std::size_t kind = 0; kind < request_waits; ++kind) {
    waits[to_string(static_cast<request_wait>(kind))] = each.waits[kind].count();
  }
  for (const request_sample& sample : each.samples) samples.push_back(sample_json(sample));
  const double seconds = std::chrono::duration<double>(window).count();
  return {{"name", each.name},
          {"count", each.count},
          {"rate_per_s", seconds > 0 ? json(static_cast<double>(each.count) / seconds) : json()},
          {"cpu_per_request_ns", summary_json(each.cpu, each.cpu_mean())},
          {"cpu_scale", each.cpu_scale},
          {"cpu_elsewhere_ns", each.cpu_elsewhere.count()},
          {"latency_ns", summary_json(each.latency)},
          {"queue_ns", summary_json(each.queue)},
          {"waits_ns", std::move(waits)},
          {"gap_is_known", each.gap_is_known},
          {"bytes_in", each.bytes_in},
          {"bytes_out", each.bytes_out},
          {"samples", std::move(samples)}};
}

json upstream_json(const upstream_profile& each) {
  return {{"peer", each.peer},
          {"calls", each.calls},
          {"ttfb_ns", summary_json(each.first_byte)},
          {"gap_ns", summary_json(each.gap)},
          {"total_ns", summary_json(each.total)},
          {"chunks_per_call", each.chunks_per_call}};
}

template <class Value>
json or_null(const std::optional<Value>& value) {
  return value ? json(*value) : json();
}

json classification_json(const service_classification& found) {
  return {{"kind", to_string(found.kind)},
          {"cpu_share", or_null(found.cpu_share)},
          {"least_cpu_share", or_null(found.least_cpu_share)},
          {"most_cpu_share", or_null(found.most_cpu_share)},
          {"why", found.why},
          {"missing", found.missing.empty() ? json() : json(found.missing)}};
}

}  // namespace

nlohmann::ordered_json make_requests_json(const request_profile& requests,
                                          const profile_result& result) {
  json classes = json::array(), upstreams = json::array();
  for (const request_class& each : requests.classes) {
    classes.push_back(class_json(each, requests.window));
  }
  for (const upstream_profile& each : requests.upstreams) upstreams.push_back(upstream_json(each));
  return {{"tier", to_string(result.tier)},
          {"window_s", std::chrono::duration<double>(requests.window).count()},
          {"followed", requests.followed},
          {"counted", requests.counted},
          {"unfollowed", requests.unfollowed},
          {"in_flight_at_end", requests.in_flight_at_end},
          {"aborted", requests.aborted},
          {"pool",
           {{"loops", requests.pool.loops},
            {"loop_threads", requests.pool.loop_threads},
            {"other_threads", requests.pool.other_threads},
            {"processes", requests.pool.processes},
            {"concurrency_mean", requests.pool.concurrency_mean}}},
          {"classes", std::move(classes)},
          {"upstreams", std::move(upstreams)},
          {"classification", classification_json(requests.classification)},
          {"cpu_ns", requests.cpu.count()},
          {"unowned_cpu_ns", requests.unowned_cpu.count()},
          {"run_queue_ns", requests.run_queue.count()},
          {"cpu_beside_ns", requests.cpu_beside.count()},
          {"following_ns", requests.following ? json(requests.following->count()) : json()},
          {"resident_bytes", or_null(requests.resident_bytes)},
          {"switches_per_request", or_null(requests.switches_per_request)},
          {"notes", requests.notes}};
}

}  // namespace regatta
