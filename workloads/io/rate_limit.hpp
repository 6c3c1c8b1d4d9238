// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>

#include "workloads/io/token_bucket.hpp"

namespace regatta {

/// What a client of a rate-limited service goes through before each request, in either colour: at
/// most so many at once, and, if there is a bucket, at most so many begun a second.
///
///   const auto place = co_await limit.enter(ctx);  // held until it is destroyed
///
/// Thread safety: shared objects, within one process.
template <class Context>
class rate_limit {
 public:
  rate_limit(std::size_t at_once, std::optional<token_bucket> bucket)
      : places_(at_once), bucket_(bucket) {}

  class place {
   public:
    explicit place(typename Context::semaphore& from) : from_(&from) {}
    place(place&& other) noexcept : from_(std::exchange(other.from_, nullptr)) {}
    place& operator=(place&&) = delete;
    ~place() {
      if (from_ != nullptr) from_->release();
    }

   private:
    typename Context::semaphore* from_;
  };

  typename Context::template task<place> enter(Context& ctx) {
    co_await places_.acquire(ctx);
    place mine(places_);
    const auto wait = time_until_token();
    if (wait.count() > 0) co_await ctx.sleep(wait);
    co_return std::move(mine);
  }

 private:
  std::chrono::nanoseconds time_until_token() {
    const std::lock_guard lock(mutex_);
    if (!bucket_) return {};
    return bucket_->take(std::chrono::steady_clock::now());
  }

  typename Context::semaphore places_;
  std::mutex mutex_;
  std::optional<token_bucket> bucket_;  ///< under the mutex
};

}  // namespace regatta
