// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace regatta {

/// What the items of a replay write down: the CPU time that they were asked to use. Epochs are
/// short and requests differ, so what they used is compared with what these very ones were to use.
inline constexpr const char* replay_cpu_measure = "CPU asked for";

/// What a request does for a while, as the kernel sees it.
enum class phase_kind {
  cpu,       ///< computes, in its own code or in the kernel
  upstream,  ///< waits for the answer of another server, while its thread may serve others
  sleep,     ///< waits for a timer, or for nothing that is known, while its thread may serve others
  other,     ///< waits otherwise, while its thread may serve others
  disk,      ///< its thread waits for a file
  lock,      ///< its thread waits for a lock
};

/// Nothing else can run on that thread meanwhile.
inline bool holds_its_thread(phase_kind kind) {
  return kind == phase_kind::cpu || kind == phase_kind::disk || kind == phase_kind::lock;
}

struct request_phase {
  phase_kind kind = phase_kind::cpu;
  std::chrono::nanoseconds wall{};
  std::chrono::nanoseconds cpu{};
  std::string peer{};  ///< of an upstream: "tcp 127.0.0.1:9000"; may be empty

  bool operator==(const request_phase&) const = default;
};

/// One request as it was, all of it together: a long one may compute much, wait long and carry
/// much, and distributions that are drawn apart would lose that.
struct request_sample {
  std::chrono::nanoseconds arrival{};  ///< since the window began
  std::chrono::nanoseconds queue{};    ///< before anybody read it
  std::chrono::nanoseconds latency{};  ///< from its arrival to its answer, the queue included
  std::chrono::nanoseconds cpu{};      ///< of all phases
  std::uint64_t bytes_in = 0, bytes_out = 0;
  std::vector<request_phase> phases{};  ///< in order

  bool operator==(const request_sample&) const = default;
};

struct request_class {
  std::string name{};       ///< "GET /answer"
  std::uint64_t count = 0;  ///< seen in the window; the samples are some of them
  double rate = 0;          ///< per second
  std::vector<request_sample> samples{};

  bool operator==(const request_class&) const = default;
};

/// Of the CPU time: threads beside the loops that have less are housekeeping (they collect garbage,
/// they log), no pool that requests are handed to, and no part of a request.
constexpr double pool_share = 0.3;

/// Who served the requests.
struct pool_shape {
  unsigned loops = 0;
  unsigned loop_threads = 0;
  unsigned other_threads = 0;
  unsigned processes = 1;
  double concurrency_mean = 0;  ///< requests inside, on average
  /// Share of the CPU time that threads other than the loops' used; nullopt: not known.
  std::optional<double> beside_the_loops = std::nullopt;

  bool operator==(const pool_shape&) const = default;
};

/// What a service does, learned from its profile: enough to do the same work in another way.
struct service_model {
  std::string source{};  ///< "python3 (pid 812)"; may be empty
  std::string tier{};    ///< of the profile; may be empty
  double window = 0;     ///< seconds
  pool_shape pool{};
  std::vector<request_class> classes{};  ///< each has samples
  /// CPU time a request of other programs on the same CPUs: an upstream or a client that is local.
  std::chrono::nanoseconds cpu_beside{};

  bool operator==(const service_model&) const = default;
};

/// A request of the model on average, over classes by their counts. Times in seconds.
struct service_demand {
  double rate = 0;         ///< requests per second
  double concurrency = 0;  ///< requests inside
  std::uint64_t samples = 0;
  double cpu = 0;      ///< CPU time
  double held = 0;     ///< waits that hold a thread: disk, lock
  double waiting = 0;  ///< waits in which its thread may serve others
  double asleep = 0;   ///< of these, what looked like sleep: may hold time in queues
  double queue = 0;    ///< before it was read
  double latency = 0;  ///< mean
  std::optional<double> latency_p50, latency_p99;
  double beside = 0;  ///< CPU time of other programs on the same CPUs
  double waits = 0;   ///< how many, of those in which its thread may serve others
  /// Squared coefficient of variation of the time that a request keeps a thread at one go.
  double variation = 1;
  double bytes_in = 0, bytes_out = 0;
};

service_demand demand_of(const service_model& model);

/// Mean CPU share of the time that a request would take alone; nullopt if it takes none.
std::optional<double> cpu_share(const service_demand& demand);

/// One request a class at least, `count` of them if the model has so many kinds: classes by their
/// counts, samples of each in an order that depends on `seed` alone, none twice before all were
/// had. REQUIRES: every class has samples, and there is one.
std::vector<const request_sample*> draw_samples(const service_model& model, std::size_t count,
                                                std::uint64_t seed);

}  // namespace regatta
