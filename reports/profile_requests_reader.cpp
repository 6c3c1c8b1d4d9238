// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "reports/histogram_json.hpp"
#include "reports/profile_requests.hpp"
#include "reports/stored_json.hpp"

namespace regatta {
namespace {

using nlohmann::json;
using namespace profiling;
using std::chrono::nanoseconds;

nanoseconds time_of(const json& count) { return nanoseconds(count.get<std::int64_t>()); }

template <class Value>
std::optional<Value> known(const json& value) {
  return value.is_null() ? std::nullopt : std::optional(value.get<Value>());
}

duration_histogram read_spread(const json& file) {
  const json& longest = file["max"];
  return read_buckets(file["buckets"], file["sum"].get<double>() / 1e9,
                      longest.is_null() ? 0 : longest.get<double>() / 1e9);
}

std::optional<request_wait> wait_named(const json& name) {
  if (name == "cpu") return std::nullopt;
  for (std::size_t kind = 0; kind < request_waits; ++kind) {
    const auto wait = static_cast<request_wait>(kind);
    if (name == to_string(wait)) return wait;
  }
  throw bad_report(fmt::format("has the wait {}, which this regatta does not know: update it",
                               name.dump(-1, ' ', true)));
}

service_kind kind_named(const json& name) {
  for (int kind = 0; kind <= static_cast<int>(service_kind::insufficient_evidence); ++kind) {
    if (name == to_string(static_cast<service_kind>(kind))) return static_cast<service_kind>(kind);
  }
  throw bad_report(
      fmt::format("has the kind of service {}, which this regatta does not know: update it",
                  name.dump(-1, ' ', true)));
}

request_sample read_sample(const json& file) {
  request_sample sample{.arrival = time_of(file["arrival_ns"]),
                        .queue = time_of(file["queue_ns"]),
                        .latency = time_of(file["latency_ns"]),
                        .cpu = time_of(file["cpu_ns"]),
                        .bytes_in = file["bytes_in"],
                        .bytes_out = file["bytes_out"]};
  for (const json& phase : file["phases"]) {
    sample.phases.push_back({.kind = wait_named(phase["kind"]),
                             .wall = time_of(phase["wall_ns"]),
                             .cpu = time_of(phase["cpu_ns"]),
                             .peer = phase.value("peer", "")});
  }
  return sample;
}

request_class read_class(const json& file) {
  request_class result;
  result.name = file["name"];
  result.count = file["count"];
  result.latency = read_spread(file["latency_ns"]);
  result.queue = read_spread(file["queue_ns"]);
  result.cpu = read_spread(file["cpu_per_request_ns"]);
  result.cpu_elsewhere = time_of(file["cpu_elsewhere_ns"]);
  for (std::size_t kind = 0; kind < request_waits; ++kind) {
    result.waits[kind] = time_of(file["waits_ns"][to_string(static_cast<request_wait>(kind))]);
  }
  result.gap_is_known = file["gap_is_known"];
  result.bytes_in = file["bytes_in"];
  result.bytes_out = file["bytes_out"];
  for (const json& sample : file["samples"]) result.samples.push_back(read_sample(sample));
  return result;
}

}  // namespace

request_profile read_requests(const json& file) {
  request_profile result;
  result.window = nanoseconds(static_cast<std::int64_t>(file["window_s"].get<double>() * 1e9));
  result.followed = file["followed"];
  result.unfollowed = file["unfollowed"];
  result.in_flight_at_end = file["in_flight_at_end"];
  result.aborted = file["aborted"];
  const json& pool = file["pool"];
  result.pool = {.loops = pool["loops"],
                 .loop_threads = pool["loop_threads"],
                 .other_threads = pool["other_threads"],
                 .processes = pool["processes"],
                 .concurrency_mean = pool["concurrency_mean"]};
  for (const json& each : file["classes"]) result.classes.push_back(read_class(each));
  for (const json& each : file["upstreams"]) {
    result.upstreams.push_back({.peer = each["peer"],
                                .calls = each["calls"],
                                .first_byte = read_spread(each["ttfb_ns"]),
                                .gap = read_spread(each["gap_ns"]),
                                .total = read_spread(each["total_ns"]),
                                .chunks_per_call = each["chunks_per_call"]});
  }
  const json& found = file["classification"];
  result.classification = {.kind = kind_named(found["kind"]),
                           .cpu_share = known<double>(found["cpu_share"]),
                           .least_cpu_share = known<double>(found["least_cpu_share"]),
                           .most_cpu_share = known<double>(found["most_cpu_share"]),
                           .why = found["why"],
                           .missing = known<std::string>(found["missing"]).value_or("")};
  result.cpu = time_of(file["cpu_ns"]);
  result.unowned_cpu = time_of(file["unowned_cpu_ns"]);
  result.run_queue = time_of(file["run_queue_ns"]);
  result.resident_bytes = known<std::uint64_t>(file["resident_bytes"]);
  result.switches_per_request = known<double>(file["switches_per_request"]);
  file["notes"].get_to(result.notes);
  return result;
}

}  // namespace regatta
