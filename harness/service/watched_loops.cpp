// SPDX-License-Identifier: Apache-2.0
#include "harness/service/watched_loops.hpp"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <mutex>
#include <utility>

#include "harness/contexts/blocked_stretches.hpp"
#include "harness/contexts/deadline.hpp"
#include "harness/diagnostics/loop_monitor/loop_monitor_asio.hpp"

namespace regatta {
namespace {

using namespace std::chrono_literals;

// A stack with its names costs a CPU, which the service needs, a millisecond or so.
constexpr unsigned most_stacks_a_second = 2;
// What people read: the first few at once, then one every ten seconds.
constexpr unsigned told_at_once = 3;
constexpr auto between_tellings = 10s;
constexpr auto patience_for_names = 2000ms;

}  // namespace

struct watched_loops::state {
  state(std::chrono::nanoseconds threshold, std::function<void(const std::string&)> to)
      : stretches(threshold), tell(std::move(to)) {}

  void noticed(unsigned watch, const block_report& report) {
    stretches.noticed(watch, report);
    if (report.phase != block_phase::began) return;
    {
      const std::lock_guard lock(mutex);
      const auto now = steady_clock::now();
      if (told >= told_at_once && now - told_at < between_tellings) return;
      ++told;
      told_at = now;
    }
    tell(format_block_report(report));
  }

  blocked_stretches stretches;
  const std::function<void(const std::string&)> tell;
  std::mutex mutex;
  unsigned told = 0;                                    // guarded by mutex
  steady_clock::time_point told_at;                     // guarded by mutex
  std::vector<std::unique_ptr<loop_monitor>> monitors;  // last: its threads end first
};

watched_loops::watched_loops(std::span<event_loop* const> loops, std::chrono::nanoseconds threshold,
                             std::function<void(const std::string&)> tell)
    : state_(std::make_unique<state>(threshold, std::move(tell))) {
  for (event_loop* const loop : loops) {
    state& all = *state_;
    monitor_options options{
        .name = loops.size() == 1 ? "event loop"
                                  : fmt::format("event loop {}", all.monitors.size() + 1),
        .threshold = threshold,
        .on_report = [&all, watch = all.stretches.begin_watch()](
                         const block_report& report) { all.noticed(watch, report); },
        .most_reports_a_second = most_stacks_a_second};
    all.monitors.push_back(std::make_unique<loop_monitor>(loop->io(), std::move(options)));
  }
}

watched_loops::~watched_loops() = default;

std::vector<loop_health> watched_loops::health() const {
  std::vector<loop_health> all;
  for (const auto& monitor : state_->monitors) all.push_back(monitor->health());
  return all;
}

std::optional<finding> watched_loops::sum_up(std::uint64_t requests) {
  for (const loop_health& each : health()) state_->stretches.add({}, each);
  state_->stretches.await_report(patience_for_names);
  const auto found = state_->stretches.findings(requests);
  if (!found || found->empty()) return std::nullopt;
  return found->front();
}

}  // namespace regatta
