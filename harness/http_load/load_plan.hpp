// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace regatta::http_load {

using std::chrono::nanoseconds;

/// How the arrivals of an open loop are spread in time.
enum class arrival_kind { constant, poisson };

/// A stretch of the load, one after the other.
struct load_stage {
  nanoseconds length{};
  /// Arrivals per second at its begin and at its end, in a straight line between. A closed loop has
  /// none.
  double from = 0, to = 0;
  bool measured = true;  ///< false: warm-up

  /// Arrivals that are expected of it.
  double expected() const {
    return (from + to) / 2 * std::chrono::duration<double>(length).count();
  }
  bool operator==(const load_stage&) const = default;
};

/// What each streamed answer of an LLM must keep to count as good. Seconds; unset: no limit.
struct goodput_limits {
  std::optional<double> first_token = std::nullopt;
  std::optional<double> inter_token = std::nullopt;  ///< the mean gap of one answer
  std::optional<double> latency = std::nullopt;
  bool any() const { return first_token || inter_token || latency; }
};

/// All that a load does, decided before it does any of it.
struct load_plan {
  std::string url;  ///< as the user gave it; for reports
  bool tls = false;
  std::string host, port;
  std::string target = "/";  ///< path and query
  std::string method = "GET";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  std::vector<load_stage> stages;
  /// Open loop: requests start when they are due, whatever became of the ones before, as long as a
  /// connection is free. Closed loop: each connection asks again when it is answered.
  bool open_loop = false;
  arrival_kind arrivals = arrival_kind::poisson;
  std::uint64_t seed = 1;
  /// Ends the load after so many measured requests, if the stages do not end it before.
  std::optional<std::uint64_t> most_requests = std::nullopt;

  unsigned connections = 100;  ///< of all threads together
  unsigned threads = 1;
  nanoseconds timeout = std::chrono::seconds(10);  ///< from the send to the end of the answer
  bool poll = true;     ///< open loop: shortly before a start and after it; see client_thread
  bool spin = false;    ///< never sleep: exact starts at the price of a whole CPU per thread
  std::string ca_file;  ///< empty: the system's store

  /// So many single requests are remembered in load_result::requests.
  std::size_t most_remembered = 0;

  bool llm = false;  ///< answers are streams of chat completions
  goodput_limits good;

  /// Ends the load when so many measured requests took longer than `late_after`: what it was to
  /// show is decided then.
  std::optional<nanoseconds> late_after = std::nullopt;
  std::uint64_t most_late = 0;
};

}  // namespace regatta::http_load
