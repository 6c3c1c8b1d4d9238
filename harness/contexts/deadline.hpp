// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <stdexcept>

namespace regatta {

using steady_clock = std::chrono::steady_clock;

/// A context's limit in time: every operation of the context ends by then, with deadline_exceeded.
using deadline = steady_clock::time_point;
constexpr deadline no_deadline = deadline::max();

struct deadline_exceeded : std::runtime_error {
  deadline_exceeded() : std::runtime_error("the operation did not finish before its deadline") {}
};

/// now + `limit`, at most `outer`, without overflow.
inline deadline earlier_deadline(deadline outer, std::chrono::nanoseconds limit) {
  const deadline now = steady_clock::now();
  return outer - now > limit ? now + limit : outer;
}

}  // namespace regatta
