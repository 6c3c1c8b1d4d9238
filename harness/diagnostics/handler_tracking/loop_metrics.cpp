// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/handler_tracking/loop_metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "harness/diagnostics/frame_text.hpp"
#include "harness/diagnostics/handler_tracking/counted_loops.hpp"
#include "harness/diagnostics/handler_tracking/handler_slot.hpp"
#include "harness/diagnostics/handler_tracking/tick_clock.hpp"

namespace regatta {
namespace {

static_assert(std::tuple_size_v<decltype(time_distribution::buckets)> == internal::time_buckets);

time_distribution to_distribution(const internal::time_counters& counted) {
  time_distribution times;
  times.total = internal::to_ns(counted.total.get());
  times.longest = internal::to_ns(counted.longest.get());
  for (std::size_t i = 0; i < internal::time_buckets; ++i) {
    times.buckets[i] = {internal::to_ns(std::uint64_t{1} << i), counted.buckets[i].get()};
    times.count += times.buckets[i].count;
  }
  return times;
}

std::string time_text(std::chrono::nanoseconds time) {
  const auto ns = static_cast<double>(time.count());
  if (ns < 1e3) return fmt::format("{:.0f} ns", ns);
  if (ns < 1e6) return fmt::format("{:.1f} us", ns / 1e3);
  if (ns < 1e9) return fmt::format("{:.1f} ms", ns / 1e6);
  return fmt::format("{:.2f} s", ns / 1e9);
}

std::string line(std::string_view what, const time_distribution& times) {
  if (times.count == 0) return fmt::format("  {:10} none\n", what);
  return fmt::format("  {:10} {} times, {} in all; median {}, 99th percentile {}, longest {}\n",
                     what, times.count, time_text(times.total), time_text(times.quantile(0.5)),
                     time_text(times.quantile(0.99)), time_text(times.longest));
}

}  // namespace

std::chrono::nanoseconds time_distribution::quantile(double share) const {
  const double wanted = std::clamp(share, 0.0, 1.0) * static_cast<double>(count);
  double passed = 0;
  std::chrono::nanoseconds above{};
  for (const bucket& each : buckets) {
    const auto inside = static_cast<double>(each.count);
    if (inside > 0 && passed + inside >= wanted) {
      const double part = std::max(0.0, wanted - passed) / inside;
      const std::chrono::nanoseconds width = each.below - above;
      return std::min(longest, above + std::chrono::nanoseconds(static_cast<std::int64_t>(
                                           part * static_cast<double>(width.count()))));
    }
    passed += inside;
    above = each.below;
  }
  return longest;
}

loop_metrics metrics_of(const void* execution_context) {
  internal::loop_counters sum;
  internal::sum_counters(execution_context, sum);
  loop_metrics metrics;
  metrics.duration = to_distribution(sum.duration);
  metrics.queued = to_distribution(sum.queued);
  metrics.late = to_distribution(sum.late);
  metrics.polling = to_distribution(sum.polling);
  metrics.in_handlers = internal::to_ns(sum.duration.total.get() - sum.inside.get());
  metrics.dropped = sum.dropped.get();
  metrics.escaped = sum.escaped.get();
  metrics.longest_created = internal::describe_trail(sum.longest_trail.get());
  return metrics;
}

std::string format_loop_metrics(const loop_metrics& metrics) {
  std::string text = line("handlers", metrics.duration) + line("queued", metrics.queued) +
                     line("timers", metrics.late) + line("polls", metrics.polling);
  text += fmt::format("  {} in handlers, {} in polls; {} handlers dropped, {} exceptions escaped\n",
                      time_text(metrics.in_handlers), time_text(metrics.polling.total),
                      metrics.dropped, metrics.escaped);
  if (!metrics.longest_created.empty()) {
    text +=
        "  the longest handler was created by\n" + internal::frames_text(metrics.longest_created);
  }
  return text;
}

}  // namespace regatta
