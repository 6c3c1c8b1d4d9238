// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/bytes.hpp"
#include "harness/digest.hpp"

namespace regatta {

class blocked_stretches;

using steady_time = std::chrono::steady_clock::time_point;

/// One timed slice of a cell's load.
///
///   start      window begins            window ends, claiming stops      all claimed items are done
///     |--ramp--|----------window---------|-----------drain---------------|
struct epoch_plan {
  std::uint64_t first_index = 0;  ///< item index of the first ticket
  unsigned in_flight = 1;         ///< closed loop: items at a time; open loop: at most
  std::chrono::nanoseconds ramp{0};
  std::chrono::nanoseconds window{0};
  /// The first in_flight items start spread over this, so that a closed loop over a slow server
  /// does not beat in step.
  std::chrono::nanoseconds stagger{0};
  std::optional<double> rate = std::nullopt;  ///< open loop: Poisson arrivals per second
  std::uint64_t seed = 0;                     ///< of the arrivals
  /// Instead of a window: this many items, then stop.
  std::optional<std::uint64_t> item_limit = std::nullopt;
};

/// Permission to run one item. Whoever claims a ticket must answer or fail it exactly once.
struct ticket {
  std::uint64_t sequence = 0;  ///< 0, 1, 2 … within the epoch
  std::uint64_t index = 0;     ///< the item
  steady_time due;             ///< when it is meant to start; wait until then
};

/// What was seen of one item.
struct item_record {
  steady_time due;
  steady_time finished;
};

/// One worker's private notes during an epoch. Thread safety: one thread at a time.
class alignas(128) recorder {
 public:
  /// Checks the answer and notes the time. `finished` is now, if the caller has no better.
  void answered(const ticket& which, bytes_view answer, steady_time finished);
  void answered(const ticket& which, bytes_view answer);
  /// The answer's digest was made elsewhere.
  void answered_as(const ticket& which, digest answer, steady_time finished);
  /// The item threw, or its worker died: `why` is a sentence for the report.
  void failed(const ticket& which, std::string_view why);

 private:
  friend class epoch;
  explicit recorder(std::span<const digest> key) : key_(key) {}

  std::span<const digest> key_;
  std::vector<item_record> records_;
  std::uint64_t settled_ = 0;   ///< answered or failed
  std::uint64_t checksum_ = 0;  ///< sum of mix64(sequence) over them
  std::uint64_t wrong_ = 0;
  std::uint64_t failures_ = 0;
  std::string first_failure_;
};

struct epoch_result {
  std::uint64_t items = 0;  ///< answered, right or wrong, in the whole epoch
  std::uint64_t wrong = 0;
  std::uint64_t failures = 0;
  std::string first_failure;
  std::string accounting_error;  ///< "3 items were never answered"; empty if all is well
  std::uint64_t unserved = 0;    ///< open loop: arrivals nobody got to before the epoch's end
  std::chrono::nanoseconds elapsed{0};
  /// Right answers per second of the window. Items across its edges count by the share of their
  /// time that lies inside (in steady state unbiased, and without the rounding of a plain count).
  double throughput = 0;
  std::vector<double> latencies;  ///< seconds, from `due`; of items that belong to the window
};

/// Hands out the items of one epoch and keeps the books. All backends pull from here, so that load,
/// time and checking are the same for each of them.
/// Thread safety: claim() any thread; new_recorder() any thread; finish() after all have ended.
class epoch {
 public:
  /// `key`: expected digest of item i at [i % key.size()]. `stretches`: where backends with event
  /// loops have blocked stretches counted (see loop_watch); null: nowhere.
  epoch(const epoch_plan& plan, std::span<const digest> key,
        blocked_stretches* stretches = nullptr);

  /// The next item to run, or nullopt when the epoch is over. Never blocks; `due` may lie ahead.
  std::optional<ticket> claim();
  /// For items that another program has claimed by the rules of this epoch, and told us of
  /// afterwards: the next ticket, as of `claimed`, whatever the time is now. Nullopt beyond the
  /// limit.
  std::optional<ticket> claim_afterwards(steady_time claimed);
  recorder& new_recorder();
  epoch_result finish();
  /// Seconds from due to done, of all items, in the window or not: to plan the next epoch by.
  std::optional<double> median_lifetime() const;

  const epoch_plan& plan() const { return plan_; }
  blocked_stretches* stretches() const { return stretches_; }
  /// Nobody may claim from then on; nullopt: an item limit ends it.
  std::optional<steady_time> window_end() const;
  /// Open loop: when each item is due; empty in a closed one.
  std::vector<steady_time> arrivals() const;

 private:
  steady_time due_of(std::uint64_t sequence, steady_time now) const;
  std::string account(std::uint64_t settled, std::uint64_t checksum) const;

  const epoch_plan plan_;
  const std::span<const digest> key_;
  blocked_stretches* const stretches_;
  std::vector<std::chrono::nanoseconds> arrivals_;  ///< open loop, from the start
  const steady_time start_;
  const steady_time window_begin_;
  const steady_time window_end_;
  std::uint64_t most_ = 0;  ///< never hand out more than this
  std::mutex mutex_;
  std::deque<recorder> recorders_;
  alignas(128) std::atomic<std::uint64_t> next_{0};
};

}  // namespace regatta
