// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>

namespace regatta {

/// Who may come in: the limit of requests that are served or wait at a time. Beyond it a server
/// answers 503 at once, which costs little, instead of growing until it dies.
/// Thread safety: all members from any thread.
class admission {
 public:
  enum class verdict { admitted, full, draining };

  explicit admission(std::size_t most) : most_(most) {}

  /// After `admitted`, leave() must be called once.
  verdict enter() {
    if (draining_.load(std::memory_order_relaxed)) return verdict::draining;
    // Relaxed: the number is all there is to know.
    if (inside_.fetch_add(1, std::memory_order_relaxed) < most_) return verdict::admitted;
    leave();
    return verdict::full;
  }
  void leave() { inside_.fetch_sub(1, std::memory_order_relaxed); }
  /// From now on nobody.
  void drain() { draining_.store(true, std::memory_order_relaxed); }

  std::size_t inside() const { return inside_.load(std::memory_order_relaxed); }
  bool draining() const { return draining_.load(std::memory_order_relaxed); }
  std::size_t most() const { return most_; }

 private:
  const std::size_t most_;
  std::atomic<std::size_t> inside_{0};
  std::atomic<bool> draining_{false};
};

/// Whole seconds for Retry-After: by Little's law those inside are out after about the time that a
/// request takes on average. From 1 to 60.
unsigned retry_after_seconds(double mean_request_seconds);

}  // namespace regatta
