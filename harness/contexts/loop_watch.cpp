// SPDX-License-Identifier: Apache-2.0
#include "harness/contexts/loop_watch.hpp"

#include <boost/asio/io_context.hpp>

#include "harness/contexts/blocked_stretches.hpp"
#include "harness/diagnostics/loop_monitor/loop_monitor_asio.hpp"

namespace regatta {
namespace {

// A stack with its names costs a CPU, which the cell may need, a millisecond or so.
constexpr unsigned most_stacks_a_second = 2;

monitor_options options_for(blocked_stretches& into) {
  return {.name = "event loop",
          .threshold = into.threshold(),
          .on_report = [&into, watch = into.begin_watch()](
                           const block_report& report) { into.noticed(watch, report); },
          .most_reports_a_second = most_stacks_a_second,
          .json = false};
}

}  // namespace

struct loop_watch::state {
  state(event_loop& loop, blocked_stretches& into) : monitor(loop.io(), options_for(into)) {}

  // What has come since the last time is of the epoch that ran last: between epochs the loop does
  // not run, and the monitor sees the end of a handler a moment after the loop does.
  void settle() {
    const loop_health now = monitor.health();
    if (counts != nullptr) counts->add(seen, now);
    seen = now;
  }

  blocked_stretches* counts = nullptr;
  loop_health seen;
  loop_monitor monitor;
};

loop_watch::loop_watch(event_loop& loop) : loop_(loop) {}
loop_watch::~loop_watch() = default;

void loop_watch::run(blocked_stretches* into) {
  if (into != nullptr && state_ == nullptr) state_ = std::make_unique<state>(loop_, *into);
  if (state_ == nullptr) return loop_.run();
  state_->settle();
  state_->counts = into;
  loop_.run();
  state_->settle();
}

}  // namespace regatta
