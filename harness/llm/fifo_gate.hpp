// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

namespace regatta {

/// The books of a semaphore that serves in the order of asking. Thread safety: none.
template <class Waiter>
class fifo_gate {
 public:
  explicit fifo_gate(std::size_t places) : free_(places) {}

  /// false: full, wait() for a place.
  bool enter() {
    if (free_ == 0) return false;
    --free_;
    return true;
  }

  std::uint64_t wait(Waiter waiter) {
    waiting_.emplace(++last_ticket_, std::move(waiter));
    return last_ticket_;
  }

  /// A waiter who gives up. Must not have been served.
  void forget(std::uint64_t ticket) { waiting_.erase(ticket); }

  /// Who has the place now, if anybody waited.
  std::optional<Waiter> leave() {
    if (waiting_.empty()) {
      ++free_;
      return std::nullopt;
    }
    const auto first = waiting_.begin();
    std::optional<Waiter> next(std::move(first->second));
    waiting_.erase(first);
    return next;
  }

  std::size_t waiting() const { return waiting_.size(); }

 private:
  std::size_t free_;
  std::uint64_t last_ticket_ = 0;
  std::map<std::uint64_t, Waiter> waiting_;
};

}  // namespace regatta
