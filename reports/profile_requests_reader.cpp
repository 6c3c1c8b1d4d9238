// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "reports/histogram_json.hpp"
#include "reports/profile_requests.hpp"
#include "reports/stored_json.hpp"

namespace regatta {
namespace {

using namespace profiling;
using nlohmann::json;
using std::chrono::nanoseconds;

nanoseconds time_of(const json& count) { return nanoseconds(count.get<std::int64_t>()); }

template <class Value>
std::optional<Value> known(const json& value) {
  return value.is_null() ? std::nullopt : std::optional(value.get<Value>());
}

duration_histogram read_summary(const json& file) {
  const json& longest = file["max"];
  return read_buckets(file["buckets"], 1e-9 * file["sum"].get<double>(),
                      longest.is_null() ? 0 : 1e-9 * longest.get<double>());
}

template <class Enum>
Enum named(const json& name, std::size_t count) {
  for (std::size_t value = 0; value < count; ++value) {
    if (name == to_string(static_cast<Enum>(value))) return static_cast<Enum>(value);
  }
  throw bad_report(
      fmt::format("has {}, which this regatta does not know: update it", name.dump(-1, ' ', true)));
}

request_phase read_phase(const json& file) {
  request_phase phase;
  if (file["kind"] != "cpu") phase.kind = named<request_wait>(file["kind"], request_waits);
  phase.wall = time_of(file["wall_ns"]);
  phase.cpu = time_of(file["cpu_ns"]);
  if (const auto peer = file.find("peer"); peer != file.end()) phase.peer = *peer;
  return phase;
}

request_sample read_sample(const json& file) {
  request_sample sample;
  sample.arrival = time_of(file["arrival_ns"]);
  sample.queue = time_of(file["queue_ns"]);
  sample.latency = time_of(file["latency_ns"]);
  sample.cpu = time_of(file["cpu_ns"]);
  sample.bytes_in = file["bytes_in"];
  sample.bytes_out = file["bytes_out"];
  for (const json& phase : file["phases"]) sample.phases.push_back(read_phase(phase));
  return sample;
}

request_class read_class(const json& file) {
  request_class made;
  made.name = file["name"];
  made.count = file["count"];
  made.cpu = read_summary(file["cpu_per_request_ns"]);
  made.cpu_scale = file["cpu_scale"];
  made.cpu_elsewhere = time_of(file["cpu_elsewhere_ns"]);
  made.latency = read_summary(file["latency_ns"]);
  made.queue = read_summary(file["queue_ns"]);
  for (std::size_t kind = 0; kind < request_waits; ++kind) {
    made.waits[kind] = time_of(file["waits_ns"][to_string(static_cast<request_wait>(kind))]);
  }
  made.gap_is_known = file["gap_is_known"];
  made.bytes_in = file["bytes_in"];
  made.bytes_out = file["bytes_out"];
  for (const json& sample : file["samples"]) made.samples.push_back(read_sample(sample));
  return made;
}

service_classification read_classification(const json& file) {
  service_classification found;
  found.kind = named<service_kind>(file["kind"], 6);
  found.cpu_share = known<double>(file["cpu_share"]);
  found.least_cpu_share = known<double>(file["least_cpu_share"]);
  found.most_cpu_share = known<double>(file["most_cpu_share"]);
  found.why = file["why"];
  found.missing = known<std::string>(file["missing"]).value_or("");
  return found;
}

}  // namespace

request_profile read_requests(const json& file) {
  request_profile requests;
  requests.window = nanoseconds(std::llround(1e9 * file["window_s"].get<double>()));
  requests.followed = file["followed"];
  requests.counted = file["counted"];
  requests.unfollowed = file["unfollowed"];
  requests.in_flight_at_end = file["in_flight_at_end"];
  requests.aborted = file["aborted"];
  const json& pool = file["pool"];
  requests.pool = {.loops = pool["loops"],
                   .loop_threads = pool["loop_threads"],
                   .other_threads = pool["other_threads"],
                   .processes = pool["processes"],
                   .concurrency_mean = pool["concurrency_mean"]};
  for (const json& each : file["classes"]) requests.classes.push_back(read_class(each));
  for (const json& each : file["upstreams"]) {
    requests.upstreams.push_back({.peer = each["peer"],
                                  .calls = each["calls"],
                                  .first_byte = read_summary(each["ttfb_ns"]),
                                  .gap = read_summary(each["gap_ns"]),
                                  .total = read_summary(each["total_ns"]),
                                  .chunks_per_call = each["chunks_per_call"]});
  }
  requests.classification = read_classification(file["classification"]);
  requests.cpu = time_of(file["cpu_ns"]);
  requests.unowned_cpu = time_of(file["unowned_cpu_ns"]);
  requests.run_queue = time_of(file["run_queue_ns"]);
  requests.cpu_beside = time_of(file["cpu_beside_ns"]);
  if (const auto time = known<std::int64_t>(file["following_ns"])) {
    requests.following = std::chrono::nanoseconds(*time);
  }
  requests.resident_bytes = known<std::uint64_t>(file["resident_bytes"]);
  requests.switches_per_request = known<double>(file["switches_per_request"]);
  file["notes"].get_to(requests.notes);
  return requests;
}

}  // namespace regatta
