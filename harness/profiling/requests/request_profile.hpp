// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/statistics/duration_histogram.hpp"

namespace regatta::profiling {

/// What a request waits for, apart from the queue before it.
enum class request_wait {
  upstream,   ///< an answer of another service, until its bytes had arrived
  disk,       ///< its thread, for a disk
  sleep,      ///< a timer
  lock,       ///< a lock, or another thread of the service
  run_queue,  ///< its thread could run and got no CPU
  loop_lag,   ///< it could go on, and its loop was busy with others
  other,
};
constexpr std::size_t request_waits = 7;
inline const char* to_string(request_wait wait) {
  constexpr std::array<const char*, request_waits> names = {
      "upstream", "disk", "sleep", "lock", "run_queue", "loop_lag", "other"};
  return names[static_cast<std::size_t>(wait)];
}

/// A part of a request's time; `kind` is nullopt where it computed.
struct request_phase {
  std::optional<request_wait> kind;
  std::chrono::nanoseconds wall{}, cpu{};
  std::string peer{};  ///< of upstream: "tcp 127.0.0.1:9000"

  bool operator==(const request_phase&) const = default;
};

/// One request as it was seen. The phases follow the queue; what a request waited for its loop or
/// for a CPU is in none of them.
struct request_sample {
  std::chrono::nanoseconds arrival{};  ///< since the profile began
  std::chrono::nanoseconds queue{};    ///< from its first bytes' arrival until somebody read them
  std::chrono::nanoseconds latency{};  ///< from there to its last answer's bytes, queue included
  std::chrono::nanoseconds cpu{};
  std::uint64_t bytes_in = 0, bytes_out = 0;
  std::vector<request_phase> phases{};

  bool operator==(const request_sample&) const = default;
};

/// Requests whose first lines are alike.
struct request_class {
  std::string name;  ///< "GET /users/*"; "(unreadable)" for TLS, "(binary)" for other protocols
  std::uint64_t count = 0;
  duration_histogram latency, queue;
  duration_histogram cpu;  ///< seen of each request; without `cpu_elsewhere`
  /// What a request took on average by what `cpu` says, where not all were followed: to follow one
  /// takes time as well.
  double cpu_scale = 1;
  /// CPU time a request of threads that serve no connection, by the time that requests of this
  /// class left to others.
  std::chrono::nanoseconds cpu_elsewhere{};
  std::array<std::chrono::nanoseconds, request_waits> waits{};  ///< means
  /// False where the loop was busy all the time: `sleep` is then the least it can be, and part of
  /// `loop_lag` may be of it.
  bool gap_is_known = true;
  double bytes_in = 0, bytes_out = 0;   ///< means
  std::vector<request_sample> samples;  ///< some thousands at most, taken evenly, by arrival

  std::chrono::nanoseconds cpu_mean() const {
    if (cpu.count() == 0) return {};
    const double own = cpu_scale * cpu.sum() * 1e9 / static_cast<double>(cpu.count());
    return std::chrono::nanoseconds(static_cast<std::int64_t>(own)) + cpu_elsewhere;
  }
};

/// Another service that this one calls.
struct upstream_profile {
  std::string peer;  ///< "tcp 127.0.0.1:9000"
  std::uint64_t calls = 0;
  duration_histogram first_byte;  ///< from the last byte sent to the first that came
  duration_histogram gap;         ///< between arrivals of one answer
  duration_histogram total;       ///< from the first byte sent to the last that came
  double chunks_per_call = 0;
};

enum class service_kind { io_bound, cpu_bound, mixed, starved, idle, insufficient_evidence };
inline const char* to_string(service_kind kind) {
  constexpr std::array<const char*, 6> names = {"io-bound", "cpu-bound", "mixed",
                                                "starved",  "idle",      "insufficient-evidence"};
  return names[static_cast<std::size_t>(kind)];
}

/// What kind of work its requests are, whatever the load.
struct service_classification {
  service_kind kind = service_kind::insufficient_evidence;
  /// Of a request's own time: without queues, without waiting for a CPU, its loop or a lock.
  std::optional<double> cpu_share;
  /// Where it cannot be told whether a request waited or its loop was busy: the least and the most.
  std::optional<double> least_cpu_share, most_cpu_share;
  std::string why;      ///< a sentence
  std::string missing;  ///< what would have to be known; empty if nothing

  bool operator==(const service_classification&) const = default;
};

/// Who served the requests.
struct serving_pool {
  unsigned loops = 0;          ///< loops whose threads served requests
  unsigned loop_threads = 0;   ///< threads that wait for many descriptors, and served requests
  unsigned other_threads = 0;  ///< threads that served requests and wait for one at a time
  unsigned processes = 0;
  double concurrency_mean = 0;  ///< requests in the service, those that queue included

  bool operator==(const serving_pool&) const = default;
};

/// The requests that a service answered while it was watched.
struct request_profile {
  std::chrono::nanoseconds window{};
  std::uint64_t followed = 0;    ///< answered requests, each seen from its arrival
  std::uint64_t counted = 0;     ///< answered besides; all the figures are for those as well
  std::uint64_t unfollowed = 0;  ///< known to be missing
  std::uint64_t in_flight_at_end = 0;
  std::uint64_t aborted = 0;  ///< the connection ended before an answer
  serving_pool pool;
  std::vector<request_class> classes;  ///< most CPU time first
  std::vector<upstream_profile> upstreams;
  service_classification classification;
  std::chrono::nanoseconds cpu{};          ///< of all its threads, as their switches tell
  std::chrono::nanoseconds unowned_cpu{};  ///< of it: of no connection
  std::chrono::nanoseconds run_queue{};
  /// A request's share of children that are services of their own, such as a local upstream; not
  /// in `cpu`.
  std::chrono::nanoseconds cpu_beside{};
  /// CPU time that following one took: of the programs in the kernel alone, by its own measurement
  /// in a part of the time. Nothing below 100 requests a second.
  std::optional<std::chrono::nanoseconds> following;
  std::optional<std::uint64_t> resident_bytes;  ///< of all its processes, at the end
  std::optional<double> switches_per_request;   ///< of the process's threads
  std::vector<std::string> notes;               ///< what could not be followed

  std::uint64_t answered() const { return followed + counted; }
};

}  // namespace regatta::profiling
