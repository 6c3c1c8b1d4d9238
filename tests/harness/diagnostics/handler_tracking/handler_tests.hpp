// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <mutex>
#include <utility>
#include <vector>

#include "harness/diagnostics/exception_handler.hpp"
#include "harness/diagnostics/handler_tracking/tracked_thread.hpp"

namespace regatta {

/// Blocks as a slow handler does.
inline void compute_for(std::chrono::nanoseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < until) {
  }
}

/// The trail of the handler that runs on this thread.
inline std::vector<source_frame> own_trail() {
  return internal::describe_trail(internal::this_tracked_thread().trail.load());
}

/// The file's own name and `line`, as reports print places.
inline bool is_at(const source_place& place, const char* file, unsigned line) {
  const auto name = [](const std::string& path) { return path.substr(path.rfind('/') + 1); };
  return name(place.file) == name(file) && place.line == line;
}

/// Takes every exception while it lives.
class collected_exceptions {
 public:
  collected_exceptions() {
    former_ = set_exception_handler([this](const exception_context& context) {
      const std::lock_guard lock(mutex_);
      contexts_.push_back(context);
    });
  }
  ~collected_exceptions() { set_exception_handler(former_); }
  collected_exceptions(const collected_exceptions&) = delete;
  collected_exceptions& operator=(const collected_exceptions&) = delete;

  std::vector<exception_context> get() {
    const std::lock_guard lock(mutex_);
    return contexts_;
  }

 private:
  std::mutex mutex_;
  std::vector<exception_context> contexts_;
  exception_handler former_;
};

}  // namespace regatta
