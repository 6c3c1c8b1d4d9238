// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

#include "harness/executor/attempt.hpp"
#include "harness/executor/future.hpp"

namespace regatta {

struct map_options {
  std::size_t chunk = 1;  ///< elements in one call: more of them cost less each
  /// For all results together, counted from the map() call.
  std::optional<std::chrono::nanoseconds> timeout = std::nullopt;
};

/// The results of executor::map(), in the order of its elements. Everything has been submitted;
/// iterating waits for one result after the other, and whoever dereferences an element that threw
/// gets its exception: it spoils none of its neighbours. What is left when this object ends is
/// cancelled where it has not begun. An input range: one pass.
///
///   for (const page& each : executor.map(download, addresses, {.timeout = 10s})) show(each);
///   std::vector<int> counts = executor.map(count_words, texts, {.chunk = 100}).to_vector();
///
/// Thread safety: one thread at a time.
template <class R>
class mapped {
 public:
  using value_type = internal::stored<R>;
  using chunk_result = std::vector<attempt<R>>;

  struct chunk {
    future<chunk_result> results;
    std::size_t elements;
  };

  mapped(std::vector<chunk> chunks, internal::time_limit limit)
      : chunks_(std::move(chunks)), limit_(limit) {}
  mapped(mapped&&) noexcept = default;
  mapped& operator=(mapped&&) = delete;
  ~mapped() {
    for (std::size_t i = next_; i < chunks_.size(); ++i) chunks_[i].results.cancel();
  }

  class iterator {
   public:
    using value_type = mapped::value_type;
    using difference_type = std::ptrdiff_t;
    explicit iterator(mapped& from) : from_(&from) { from_->fetch(); }
    value_type& operator*() const { return from_->results_[from_->at_].value(); }
    iterator& operator++() {
      ++from_->at_;
      from_->fetch();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return from_->ended_; }

   private:
    mapped* from_;
  };

  /// Waits for the first result. begin() and ++ throw timeout_error. A chunk that was cancelled, or
  /// whose worker died, throws at each of its elements.
  iterator begin() { return iterator(*this); }
  std::default_sentinel_t end() const { return {}; }

  /// All of them; throws the first exception there is, in their order.
  std::vector<value_type> to_vector() {
    std::vector<value_type> all;
    for (auto at = begin(); at != end(); ++at) all.push_back(std::move(*at));
    return all;
  }
  /// All of them, each a value or an exception.
  std::vector<attempt<R>> attempts() {
    std::vector<attempt<R>> all;
    for (auto at = begin(); at != end(); ++at) all.push_back(std::move(results_[at_]));
    return all;
  }

 private:
  // Makes results_[at_] the next result, or ended_ true.
  void fetch() {
    while (at_ == results_.size() && next_ < chunks_.size()) {
      chunk& next = chunks_[next_];
      if (!next.results.call()->wait(limit_)) {
        throw timeout_error("the results of map() were not all there when the time was up");
      }
      ++next_;
      at_ = 0;
      try {
        results_ = next.results.take();
      } catch (...) {
        results_.clear();
        for (std::size_t i = 0; i < next.elements; ++i) {
          results_.emplace_back(std::current_exception());
        }
      }
    }
    ended_ = at_ == results_.size();
  }

  std::vector<chunk> chunks_;
  internal::time_limit limit_;
  std::size_t next_ = 0;  // chunk
  chunk_result results_;
  std::size_t at_ = 0;  // in results_
  bool ended_ = false;
};

}  // namespace regatta
