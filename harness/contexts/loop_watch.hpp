// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "harness/contexts/event_loop.hpp"

namespace regatta {

class blocked_stretches;

/// Has the loop monitor watch an event loop, from its first measured epoch on. Not before: the
/// monitor's threads would keep worker processes from being forked, and what it knows of the
/// program's symbols would be in the memory figures, which are of the warm-up.
///
///   watch.run(slice.stretches());
///
/// Thread safety: the loop's thread, or while it is not running.
class loop_watch {
 public:
  explicit loop_watch(event_loop& loop);
  ~loop_watch();
  loop_watch(const loop_watch&) = delete;
  loop_watch& operator=(const loop_watch&) = delete;

  /// loop.run(). Its blocked stretches are counted in `into`, which must outlive this object; with
  /// null they are not.
  void run(blocked_stretches* into);

 private:
  struct state;
  event_loop& loop_;
  std::unique_ptr<state> state_;  ///< null until there is something to count for
};

}  // namespace regatta
