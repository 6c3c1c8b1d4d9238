// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <memory>

#include "harness/profiling/requests/request_profile.hpp"

namespace regatta::profiling {

/// Follows the requests that a process and its children answer, by what happens to their TCP
/// connections, without touching them.
/// Thread safety: one thread.
class request_watch {
 public:
  virtual ~request_watch() = default;

  virtual void begin(pid_t process) = 0;
  /// Takes in what has happened. To be called several times a second.
  virtual void look() = 0;
  /// What was found; to be called once.
  virtual request_profile finish() = 0;
};

/// `followed_rate`: of profile_options. Throws tier_unavailable: eBPF is not to be had, or the
/// kernel is older than Linux 6.3.
std::unique_ptr<request_watch> make_request_watch(double followed_rate);

}  // namespace regatta::profiling
