// SPDX-License-Identifier: Apache-2.0
#include "harness/load/epoch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "harness/statistics/quantile.hpp"

namespace regatta {
namespace {

using std::chrono::duration;
using std::chrono::nanoseconds;

double seconds(nanoseconds time) { return duration<double>(time).count(); }

// Poisson arrivals: exponential gaps by inversion, from a counter, the same on every machine.
std::vector<nanoseconds> arrivals_of(const epoch_plan& plan) {
  std::vector<nanoseconds> times;
  if (!plan.rate) return times;
  const double end = seconds(plan.ramp + plan.window);
  double at = 0;
  for (std::uint64_t i = 0;; ++i) {
    const double uniform = (static_cast<double>(mix64(plan.seed ^ mix64(i)) >> 11U) + 0.5) / 0x1p53;
    at += -std::log(uniform) / *plan.rate;
    const bool enough = plan.item_limit ? i >= *plan.item_limit : at >= end;
    if (enough) return times;
    times.push_back(std::chrono::duration_cast<nanoseconds>(duration<double>(at)));
  }
}

}  // namespace

void recorder::answered(const ticket& which, bytes_view answer) {
  answered(which, answer, std::chrono::steady_clock::now());
}

void recorder::answered(const ticket& which, bytes_view answer, steady_time finished) {
  answered_as(which, digest_of(answer), finished);
}

void recorder::answered_as(const ticket& which, digest answer, steady_time finished) {
  ++settled_;
  checksum_ += mix64(which.sequence);
  if (answer != key_[which.index % key_.size()]) ++wrong_;
  records_.push_back({which.due, finished});
}

void recorder::failed(const ticket& which, std::string_view why) {
  ++settled_;
  checksum_ += mix64(which.sequence);
  if (failures_++ == 0) first_failure_ = why;
}

epoch::epoch(const epoch_plan& plan, std::span<const digest> key, blocked_stretches* stretches)
    : plan_(plan),
      key_(key),
      stretches_(stretches),
      arrivals_(arrivals_of(plan)),
      start_(std::chrono::steady_clock::now()),
      window_begin_(start_ + plan.ramp),
      window_end_(plan.item_limit ? steady_time::max() : window_begin_ + plan.window),
      most_(plan.item_limit.value_or(std::numeric_limits<std::uint64_t>::max())) {
  if (plan_.rate) most_ = std::min<std::uint64_t>(most_, arrivals_.size());
}

steady_time epoch::due_of(std::uint64_t sequence, steady_time now) const {
  if (plan_.rate) return start_ + arrivals_[sequence];
  if (sequence >= plan_.in_flight) return now;
  return std::max(now,
                  start_ + plan_.stagger * static_cast<std::int64_t>(sequence) / plan_.in_flight);
}

std::optional<ticket> epoch::claim() {
  const steady_time now = std::chrono::steady_clock::now();
  if (now >= window_end_) return std::nullopt;
  // Relaxed: the counter publishes nothing but itself.
  const std::uint64_t sequence = next_.fetch_add(1, std::memory_order_relaxed);
  if (sequence >= most_) return std::nullopt;
  return ticket{sequence, plan_.first_index + sequence, due_of(sequence, now)};
}

std::optional<ticket> epoch::claim_afterwards(steady_time claimed) {
  const std::uint64_t sequence = next_.fetch_add(1, std::memory_order_relaxed);
  if (sequence >= most_) return std::nullopt;
  return ticket{sequence, plan_.first_index + sequence,
                plan_.rate ? start_ + arrivals_[sequence] : claimed};
}

std::optional<steady_time> epoch::window_end() const {
  return plan_.item_limit ? std::nullopt : std::optional(window_end_);
}

std::vector<steady_time> epoch::arrivals() const {
  std::vector<steady_time> times;
  for (const nanoseconds each : arrivals_) times.push_back(start_ + each);
  return times;
}

recorder& epoch::new_recorder() {
  const std::lock_guard lock(mutex_);
  recorders_.push_back(recorder(key_));
  return recorders_.back();
}

std::string epoch::account(std::uint64_t settled, std::uint64_t checksum) const {
  const std::uint64_t claimed = std::min(next_.load(std::memory_order_relaxed), most_);
  if (settled < claimed) return fmt::format("{} items were never answered", claimed - settled);
  if (settled > claimed) return fmt::format("{} answers were given twice", settled - claimed);
  std::uint64_t expected = 0;
  for (std::uint64_t i = 0; i < claimed; ++i) expected += mix64(i);
  if (checksum != expected) return "some items were answered twice and others never";
  return {};
}

std::optional<double> epoch::median_lifetime() const {
  std::vector<double> lifetimes;
  for (const recorder& each : recorders_) {
    for (const item_record& record : each.records_) {
      lifetimes.push_back(seconds(record.finished - record.due));
    }
  }
  return median(lifetimes);
}

epoch_result epoch::finish() {
  epoch_result result;
  const steady_time end = std::chrono::steady_clock::now();
  result.elapsed = end - start_;
  std::uint64_t settled = 0;
  std::uint64_t checksum = 0;
  steady_time last = start_;
  for (const recorder& each : recorders_) {
    settled += each.settled_;
    checksum += each.checksum_;
    result.items += each.records_.size();
    result.wrong += each.wrong_;
    result.failures += each.failures_;
    if (result.first_failure.empty()) result.first_failure = each.first_failure_;
    for (const item_record& record : each.records_) last = std::max(last, record.finished);
  }
  result.accounting_error = account(settled, checksum);

  const steady_time begin = plan_.item_limit ? start_ : window_begin_;
  const steady_time stop = plan_.item_limit ? last : window_end_;
  double credit = 0;
  for (const recorder& each : recorders_) {
    for (const item_record& record : each.records_) {
      const double lifetime = seconds(record.finished - record.due);
      const double inside = seconds(std::min(record.finished, stop) - std::max(record.due, begin));
      if (lifetime > 0 && inside > 0) credit += inside / lifetime;
      const bool belongs = plan_.rate ? record.due >= begin && record.due < stop
                                      : record.finished >= begin && record.finished <= stop;
      if (belongs) result.latencies.push_back(lifetime);
    }
  }
  const double span = seconds(stop - begin);
  if (span > 0) result.throughput = credit / span;
  if (plan_.rate) {
    // Those still waiting have waited at least this long: leaving them out would flatter a
    // saturated backend.
    const std::uint64_t claimed = std::min(next_.load(std::memory_order_relaxed), most_);
    for (std::uint64_t i = claimed; i < most_; ++i) {
      ++result.unserved;
      result.latencies.push_back(seconds(end - (start_ + arrivals_[i])));
    }
  }
  return result;
}

}  // namespace regatta
