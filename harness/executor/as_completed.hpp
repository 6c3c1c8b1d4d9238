// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "harness/executor/wait.hpp"

namespace regatta {

namespace internal {

/// Indices of calls in the order in which they finish.
class arrivals {
 public:
  arrivals(std::vector<std::shared_ptr<call>> calls, time_limit limit);
  ~arrivals();
  arrivals(arrivals&&) noexcept = default;
  arrivals& operator=(arrivals&&) = delete;

  /// The next; nullopt after the last. Throws timeout_error.
  std::optional<std::size_t> next();

 private:
  struct shared_queue;
  std::vector<std::shared_ptr<call>> calls_;
  std::vector<std::uint64_t> notes_;
  time_limit limit_;
  std::size_t answered_ = 0;
  std::shared_ptr<shared_queue> queue_;
};

}  // namespace internal

/// The futures of as_completed(), one after the other as they finish. An input range: one pass.
template <class R>
class completions {
 public:
  completions(std::vector<future<R>> futures, internal::time_limit limit)
      : futures_(std::move(futures)), arrivals_(internal::calls_of(futures_), limit) {}

  class iterator {
   public:
    using value_type = future<R>;
    using difference_type = std::ptrdiff_t;
    explicit iterator(completions& from) : from_(&from), at_(from.arrivals_.next()) {}
    const future<R>& operator*() const { return from_->futures_[*at_]; }
    iterator& operator++() {
      at_ = from_->arrivals_.next();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return !at_; }

   private:
    completions* from_;
    std::optional<std::size_t> at_;
  };

  /// Waits for the first.
  iterator begin() { return iterator(*this); }
  std::default_sentinel_t end() const { return {}; }

 private:
  std::vector<future<R>> futures_;
  internal::arrivals arrivals_;
};

/// Each of `futures` once, as soon as it is done or cancelled; those that are already come first.
/// begin() and ++ throw timeout_error when `timeout`, counted from this call, is over before all
/// have come.
///
///   for (const future<page>& each : as_completed(downloads, 10s)) show(each.result());
template <std::ranges::input_range Futures>
completions<internal::result_of_futures<Futures>> as_completed(
    const Futures& futures, std::optional<std::chrono::nanoseconds> timeout = std::nullopt) {
  return {{std::ranges::begin(futures), std::ranges::end(futures)}, internal::limit_after(timeout)};
}

}  // namespace regatta
