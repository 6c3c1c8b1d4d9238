// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/handler_tracking/counted_loops.hpp"

#include <map>
#include <mutex>

#include "harness/diagnostics/handler_tracking/tracked_thread.hpp"

namespace regatta::internal {
namespace {

constexpr std::size_t most_retired = 1000;

// Never destroyed: threads end after static objects.
struct retired_counters {
  std::mutex mutex;
  std::map<const void*, loop_counters> contexts;
};

retired_counters& shared() {
  static retired_counters& only = *new retired_counters;
  return only;
}

template <class Visit>
void for_each_time(loop_counters& to, const loop_counters& from, Visit visit) {
  visit(to.duration, from.duration);
  visit(to.queued, from.queued);
  visit(to.late, from.late);
  visit(to.polling, from.polling);
}

void add(loop_counters& sum, const loop_counters& more) {
  if (more.duration.longest.get() >= sum.duration.longest.get()) {
    sum.longest_trail.set(more.longest_trail.get());
  }
  for_each_time(sum, more, [](time_counters& to, const time_counters& from) {
    to.total.add(from.total.get());
    to.longest.raise(from.longest.get());
    for (std::size_t i = 0; i < time_buckets; ++i) to.buckets[i].add(from.buckets[i].get());
  });
  sum.inside.add(more.inside.get());
  sum.dropped.add(more.dropped.get());
  sum.escaped.add(more.escaped.get());
}

void clear(loop_counters& counters) {
  for_each_time(counters, counters, [](time_counters& all, const time_counters&) {
    all.total.set(0);
    all.longest.set(0);
    for (counter& bucket : all.buckets) bucket.set(0);
  });
  counters.longest_trail.set(0);
  counters.inside.set(0);
  counters.dropped.set(0);
  counters.escaped.set(0);
}

template <class Visit>
void for_each_counters_of(const void* context, Visit visit) {
  for (handler_slot* slot = first_handler_slot(); slot != nullptr; slot = slot->next) {
    for (loop_counters& counters : static_cast<tracked_thread*>(slot)->contexts) {
      if (counters.context.load(std::memory_order_acquire) == context) visit(counters);
    }
  }
}

}  // namespace

void retire_counters(loop_counters& counters) noexcept {
  retired_counters& all = shared();
  const std::lock_guard lock(all.mutex);
  const void* const context = counters.context.load(std::memory_order_relaxed);
  if (context != nullptr &&
      (all.contexts.size() < most_retired || all.contexts.contains(context))) {
    add(all.contexts[context], counters);
  }
  counters.context.store(nullptr, std::memory_order_relaxed);
  clear(counters);
}

void sum_counters(const void* context, loop_counters& sum) noexcept {
  if (context == nullptr) return;
  retired_counters& all = shared();
  const std::lock_guard lock(all.mutex);
  if (const auto found = all.contexts.find(context); found != all.contexts.end()) {
    add(sum, found->second);
  }
  for_each_counters_of(context, [&](const loop_counters& counters) { add(sum, counters); });
}

void forget_context(const void* context) noexcept {
  retired_counters& all = shared();
  const std::lock_guard lock(all.mutex);
  all.contexts.erase(context);
  for_each_counters_of(context, [&](loop_counters& counters) {
    const void* expected = context;  // its thread may just give it to another context
    counters.context.compare_exchange_strong(expected, nullptr, std::memory_order_relaxed);
  });
}

}  // namespace regatta::internal
