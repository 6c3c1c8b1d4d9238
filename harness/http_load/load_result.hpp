// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/environment.hpp"
#include "harness/http_load/load_plan.hpp"
#include "harness/http_load/service_level.hpp"
#include "harness/statistics/duration_histogram.hpp"

namespace regatta::http_load {

/// What became of the requests of one stage: each is counted once, where it was due (open loop) or
/// sent (closed loop). Times of requests that were answered with a status below 400; `latency` also
/// has those that timed out or never left, with the time until then, so that a server that hangs
/// cannot look fast.
struct load_tally {
  std::uint64_t ok = 0;             ///< answered, status below 400; of an LLM: the stream was whole
  std::uint64_t client_errors = 0;  ///< status 4xx
  std::uint64_t server_errors = 0;  ///< status 5xx
  std::uint64_t connect_failures = 0;  ///< refused, unreachable, TLS
  std::uint64_t resets = 0;            ///< the server ended the connection under it
  std::uint64_t timeouts = 0;
  std::uint64_t malformed = 0;  ///< no HTTP, or no stream of chat completions
  std::uint64_t unsent = 0;     ///< due, but no connection became free until the end
  std::uint64_t cut_off = 0;    ///< under way when the load was interrupted
  std::uint64_t bytes_received = 0;

  duration_histogram latency;   ///< from the intended start to the last byte
  duration_histogram service;   ///< from the send to the last byte
  duration_histogram send_lag;  ///< from when it could have been sent to the send: our own delay

  // Of an LLM's streams.
  duration_histogram first_token;  ///< from the intended start
  duration_histogram inter_token;  ///< between pieces of text, as they were read
  duration_histogram mean_gap;     ///< of each answer: (last - first) / (tokens - 1)
  std::uint64_t tokens = 0;        ///< as the server counts them, else pieces of text
  std::uint64_t good = 0;          ///< answers that kept all limits of goodput

  std::uint64_t failures() const {
    return client_errors + server_errors + connect_failures + resets + timeouts + malformed;
  }
  /// All that were due or sent, but for those cut off.
  std::uint64_t requests() const { return ok + failures() + unsent; }
  void merge(const load_tally& other);
};

/// What one client thread used while it measured.
struct client_use {
  std::chrono::nanoseconds wall{}, cpu{};
  std::chrono::nanoseconds
      polled{};  ///< of cpu: nothing to do, but too near to the next start to sleep
  /// Runnable, but other threads had the CPUs. nullopt where the kernel does not count it.
  std::optional<std::chrono::nanoseconds> waited{};
};

struct stage_result {
  load_stage plan;
  std::chrono::nanoseconds length{};  ///< as it was; shorter than planned when it was ended early
  load_tally tally;

  /// Good answers per second of the stage.
  std::optional<double> rate() const;
};

/// One request, of the warm-up too.
struct timed_request {
  std::chrono::nanoseconds due{};      ///< its intended start, since the load's
  std::chrono::nanoseconds latency{};  ///< from there to its answer, or until it was given up
  bool answered = false;               ///< with whatever status

  bool operator==(const timed_request&) const = default;
};

struct load_result {
  load_plan plan;
  std::vector<stage_result> stages;  ///< the measured ones that began
  std::vector<client_use> clients;
  /// How long the client was busy between two looks at its sockets: no answer waited longer to be
  /// read, but for the time that the client's thread waited for a CPU.
  duration_histogram busy;
  std::string first_failure;  ///< a sentence; empty: none
  std::string bottleneck;     ///< why the client may have been it; empty: it was not
  bool saturated = false;     ///< ended by `late_after`
  bool interrupted = false;
  double seconds = 0;                   ///< wall time of it all
  std::chrono::nanoseconds began{};     ///< of CLOCK_MONOTONIC; 0: it never did
  std::chrono::nanoseconds cpu{};       ///< of the client's threads, the warm-up included
  std::vector<timed_request> requests;  ///< the first load_plan::most_remembered, in no order
  bool forgot = false;                  ///< there were more
  std::vector<level_outcome> levels;
  environment where;

  load_tally total() const;
  std::chrono::nanoseconds length() const;
};

/// One rate that was tried.
struct knee_step {
  double rate = 0;  ///< arrivals per second
  load_result result;
  level_verdict verdict = level_verdict::withheld;
};

/// The highest rate at which a service keeps what is asked of it.
struct knee_result {
  std::vector<service_level> levels;
  std::vector<knee_step> steps;  ///< in the order they were tried
  std::optional<double> kept;    ///< highest rate that kept it
  std::optional<double> missed;  ///< lowest rate above that missed it
  std::string ended;             ///< why the search ended short of it, as a sentence
  bool interrupted = false;
};

}  // namespace regatta::http_load
