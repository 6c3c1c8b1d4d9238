// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace regatta::internal {

/// A function that may be replaced while other threads are in it. Thread safety: any thread.
template <class Handler>
class replaceable_handler {
 public:
  /// The one before; empty if there was none.
  Handler exchange(Handler handler) {
    auto fresh = handler ? std::make_shared<const Handler>(std::move(handler)) : nullptr;
    const std::lock_guard lock(mutex_);
    handler_.swap(fresh);
    return fresh ? *fresh : Handler();
  }
  /// Null if there is none; stays callable for as long as it is held.
  std::shared_ptr<const Handler> current() const {
    const std::lock_guard lock(mutex_);
    return handler_;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Handler> handler_;
};

}  // namespace regatta::internal
