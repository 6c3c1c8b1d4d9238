// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/profiling/ebpf/loaded_programs.hpp"
#include "harness/profiling/ebpf/slice_stacks.hpp"
#include "harness/profiling/foreign_memory.hpp"
#include "harness/profiling/loop_timeline.hpp"
#include "harness/profiling/loop_watch.hpp"
#include "harness/profiling/sample_judge.hpp"
#include "harness/profiling/stretch_teller.hpp"
#include "harness/profiling/thread_book.hpp"

namespace regatta::profiling {
namespace {

using std::chrono::nanoseconds;
using namespace std::chrono_literals;
using namespace kernel_side;

constexpr nanoseconds book_period = 50ms;

std::uint64_t now_ns() { return static_cast<std::uint64_t>(monotonic_now().count()); }
nanoseconds ns(std::uint64_t value) { return nanoseconds(static_cast<std::int64_t>(value)); }

// The kernel may be at it: two equal readings of what it changes each time.
std::optional<thread_slot> read_slot(const thread_slot& shared) {
  const volatile thread_slot& live = shared;
  for (int attempt = 0; attempt < 3; ++attempt) {
    const std::uint64_t slice = live.slice, changed = live.changed;
    thread_slot copy;
    std::memcpy(&copy, &shared, sizeof(copy));
    if (copy.slice == slice && live.slice == slice && copy.changed == changed &&
        live.changed == changed) {
      return copy;
    }
  }
  return std::nullopt;
}

class ebpf_watch final : public loop_watch {
 public:
  ebpf_watch(const profile_options& options, const profile_hooks& hooks)
      : threshold_(options.threshold),
        pause_(std::clamp<std::chrono::milliseconds>(
            std::chrono::duration_cast<std::chrono::milliseconds>(options.threshold / 5), 2ms,
            20ms)),
        hooks_(hooks),
        programs_(options.threshold),
        judge_(options.threshold, [](const sampled_stretch&, stretch_phase) {}) {}

  void begin(pid_t process) override {
    process_ = process;
    threads_.emplace(process);
    const nanoseconds began = monotonic_now();
    teller_.emplace(process, threshold_, hooks_, began);
    timelines_.emplace(began);
    programs_.watch(process);
    look_at_book();
  }

  void look() override {
    programs_.events(pause_, [this](const event_head& event) { take(event); });
    look_at_slots();
    if (timelines_->due(monotonic_now())) note_counters(now_ns());
    if (monotonic_now() - book_looked_ >= book_period) look_at_book();
  }

  void finish(profile_result& result) override {
    programs_.detach();
    programs_.events(0ms, [this](const event_head& event) { take(event); });
    finished_ = now_ns();
    note_counters(finished_);
    look_at_book();
    keep_unfinished();
    std::set<pid_t> loop_threads;
    add_loops(result, loop_threads);
    add_waiting_loops(result, loop_threads);
    result.threads = threads_->profiles(loop_threads);
    const auto lost = programs_.lost();
    result.cost.events = events_;
    result.cost.dropped = lost.events;
    if (lost.threads != 0) {
      result.notes.push_back(
          fmt::format("More than {} threads at once: some were not watched.", most_threads));
    }
    if (lost.loops != 0) {
      result.notes.push_back(fmt::format("More than {} loops: some were not watched.", most_loops));
    }
    if (untickable_) {
      result.notes.push_back(
          "The kernel refused a CPU clock: callbacks that compute are found without their stack.");
    }
  }

 private:
  void take(const event_head& event) {
    ++events_;
    switch (event.kind) {
      case event_stack:
        take_stack(reinterpret_cast<const stack_event&>(event));
        break;
      case event_slice:
        take_slice(reinterpret_cast<const slice_event&>(event));
        break;
      default:
        open_.erase(static_cast<pid_t>(event.tid));
        programs_.free_slot(event.slot);
    }
  }

  slice_stacks& stacks_of(pid_t tid, std::uint64_t slice) {
    auto& slices = open_[tid];
    slice_stacks& stacks = slices[slice];
    // Most slices end without an event. Two may be open, where one loop runs inside another.
    while (slices.size() > 3)
      slices.erase(slices.begin()->first == slice ? std::next(slices.begin()) : slices.begin());
    return stacks;
  }

  void take_stack(const stack_event& event) {
    slice_stacks& stacks = stacks_of(static_cast<pid_t>(event.head.tid), event.head.slice);
    captured_stack copy;
    copy.tid = static_cast<pid_t>(event.head.tid);
    std::copy(std::begin(event.registers), std::end(event.registers), copy.registers.begin());
    copy.stack_begin = copy.registers[7];
    const auto* const bytes = reinterpret_cast<const std::byte*>(event.stack);
    copy.stack.assign(bytes, bytes + std::min<std::size_t>(event.bytes, stack_bytes));
    if (event.path[0] != '\0') {
      teller_->note_path(event.call, event.first,
                         std::string(event.path, ::strnlen(event.path, path_bytes)));
    } else if (event.waited != 0) {
      teller_->note_descriptor(event.call, event.first);
    }
    stacks.add({.waited = event.waited,
                .call = event.call,
                .there = event.waited == 0,
                .stack = teller_->name(copy)});
  }

  loop_identity identity(std::uint32_t loop) const {
    const loop_slot& slot = programs_.loops()[loop - 1];
    return {slot.kind, slot.key};
  }

  void take_slice(const slice_event& event) {
    if (event.head.loop == 0 || event.head.loop > programs_.loops().size()) return;
    const auto tid = static_cast<pid_t>(event.head.tid);
    slice_stacks& stacks = stacks_of(tid, event.head.slice);
    const found_stretch found{.tid = tid,
                              .loop = identity(event.head.loop),
                              .begin = ns(event.began),
                              .ledger = event.ledger,
                              .stack = stacks.best_for(event.ledger)};
    teller_->keep(found, true, stacks.told != 0ns, *threads_);
    open_[tid].erase(event.head.slice);
  }

  // Where several threads serve a loop, that is how those wait that have nothing to do.
  bool parks(const thread_slot& thread) const {
    return is_condition_wait(thread.call, thread.argument[1], thread.argument[2]) &&
           programs_.loops()[thread.loop - 1].threads > 1;
  }

  // The slice so far, if it has taken that long already.
  std::optional<found_stretch> lasting(const thread_slot& thread, std::uint64_t now,
                                       nanoseconds least) const {
    if (thread.slice_began == 0 || thread.loop == 0 || thread.loop > programs_.loops().size()) {
      return std::nullopt;
    }
    if (ns(slice_age(&thread, now)) < least || parks(thread)) return std::nullopt;
    thread_slot so_far = thread;
    charge(&so_far, now);
    return found_stretch{.tid = static_cast<pid_t>(thread.tid),
                         .loop = identity(thread.loop),
                         .begin = ns(thread.slice_began),
                         .ledger = so_far.ledger,
                         .stack = std::nullopt};
  }

  void look_at_slots() {
    const auto slots = programs_.threads();
    while (used_ < slots.size() && slots[used_].tid != 0) ++used_;
    const std::uint64_t now = now_ns();
    for (std::uint32_t slot = 0; slot < used_; ++slot) {
      const auto thread = read_slot(slots[slot]);
      if (!thread || thread->tid == 0 || thread->loop == 0) continue;
      served_[thread->loop].insert(static_cast<pid_t>(thread->tid));
      if (!ticking_.contains(slot) || ticking_[slot] != thread->tid) {
        ticking_[slot] = thread->tid;
        if (!programs_.tick(static_cast<pid_t>(thread->tid), slot)) untickable_ = true;
      }
      if (!warm_) warm_up(*thread);
      auto found = lasting(*thread, now, threshold_ / 2);
      if (!found || !teller_->loop_exists(found->loop)) continue;
      if (thread->mode == mode_blocked || thread->mode == mode_fault) {
        copy_waiting(*thread, slots[slot]);
      }
      if (ns(slice_age(&*thread, now)) >= threshold_) tell_lasting(*thread, *found);
    }
  }

  void tell_lasting(const thread_slot& thread, found_stretch& found) {
    slice_stacks& stacks = stacks_of(found.tid, thread.slice);
    const nanoseconds length = length_of(found.ledger);
    if (stacks.told != 0ns && length < 2 * stacks.told) return;
    found.stack = stacks.best_for(found.ledger);
    // One that computes is told with the stack that the next tick brings.
    if (!found.stack && length < 2 * threshold_ && !untickable_) return;
    teller_->tell(found, stacks.told == 0ns ? stretch_phase::began : stretch_phase::continues,
                  *threads_);
    stacks.told = length;
  }

  // The stack of a thread that waits stays as it is, unless it went on meanwhile.
  void copy_waiting(const thread_slot& thread, const thread_slot& shared) {
    const auto tid = static_cast<pid_t>(thread.tid);
    if (stacks_of(tid, thread.slice).copied_call == thread.changed) return;
    captured_stack copy;
    copy.tid = static_cast<pid_t>(thread.tid);
    std::copy(std::begin(thread.registers), std::end(thread.registers), copy.registers.begin());
    copy.stack_begin = copy.registers[7];
    copy.stack.resize(stack_bytes);
    copy.stack.resize(
        foreign_memory(process_).read(copy.stack_begin, copy.stack.data(), copy.stack.size()));
    teller_->note_descriptor(thread.call, thread.argument[0]);
    const auto after = read_slot(shared);
    if (!after || after->slice != thread.slice || after->changed != thread.changed) return;
    slice_stacks& stacks = stacks_of(tid, thread.slice);
    stacks.copied_call = thread.changed;
    stacks.add({.waited = now_ns() - thread.changed,
                .call = thread.call,
                .there = true,
                .stack = teller_->name(copy)});
  }

  // By the first thread of a loop: those are what stacks will be taken of.
  void warm_up(const thread_slot& thread) {
    if (thread.wait_began == 0) return;
    warm_ = true;
    teller_->warm_up(static_cast<pid_t>(thread.tid));
  }

  void look_at_book() {
    book_looked_ = monotonic_now();
    threads_->scan();
    for (const pid_t tid : threads_->ended()) judge_.thread_ended(tid, book_looked_);
    threads_->look([](pid_t) { return true; },
                   [this](const thread_sample& sample) { judge_.add(sample); });
  }

  void keep_unfinished() {
    for (const thread_slot& shared : programs_.threads().first(used_)) {
      const auto thread = read_slot(shared);
      if (!thread || thread->tid == 0) continue;
      auto found = lasting(*thread, finished_, threshold_);
      if (!found || !teller_->loop_exists(found->loop)) continue;
      slice_stacks& stacks = stacks_of(found->tid, thread->slice);
      found->stack = stacks.best_for(found->ledger);
      teller_->keep(*found, false, stacks.told != 0ns, *threads_);
    }
  }

  // What lasts is counted as far as it has come.
  void note_counters(std::uint64_t now) {
    const auto loops = programs_.loops();
    const auto so_far = [&](std::uint64_t began) {
      return ns(began != 0 && began < now ? now - began : 0);
    };
    std::map<loop_identity, loop_counters> counters;
    for (std::uint32_t at = 0; at < loops.size(); ++at) {
      counters[identity(at + 1)] = {loops[at].iterations, ns(loops[at].waiting),
                                    ns(loops[at].working)};
    }
    for (const thread_slot& shared : programs_.threads().first(used_)) {
      if (shared.loop == 0 || shared.loop > loops.size()) continue;
      loop_counters& loop = counters[identity(shared.loop)];
      loop.waiting += so_far(shared.wait_began);
      loop.working += so_far(shared.slice_began);
    }
    timelines_->note(ns(now), counters);
  }

  void add_loops(profile_result& result, std::set<pid_t>& loop_threads) {
    const auto loops = programs_.loops();
    std::vector<nanoseconds> waits(loops.size()), works(loops.size());
    for (const thread_slot& shared : programs_.threads().first(used_)) {
      if (shared.loop == 0 || shared.loop > loops.size()) continue;
      if (shared.wait_began != 0) waits[shared.loop - 1] += ns(finished_ - shared.wait_began);
      if (shared.slice_began != 0) works[shared.loop - 1] += ns(finished_ - shared.slice_began);
    }
    for (std::size_t at = 0; at < loops.size(); ++at) {
      const loop_slot& slot = loops[at];
      loop_profile loop;
      loop.key = to_string(loop_identity{slot.kind, slot.key});
      loop.call = name_of_call(slot.call);
      const std::set<pid_t>& tids = served_[static_cast<std::uint32_t>(at) + 1];
      loop.threads.assign(tids.begin(), tids.end());
      loop_threads.insert(tids.begin(), tids.end());
      loop.iterations = slot.iterations;
      loop.waiting = ns(slot.waiting) + waits[at];
      loop.working = ns(slot.working) + works[at];
      duration_histogram slices;
      for (std::size_t bucket = 0; bucket < bucket_count; ++bucket) {
        if (slot.slices[bucket] != 0) slices.add_bucket(bucket, slot.slices[bucket]);
      }
      slices.add_totals(ns(slot.working), ns(slot.longest));
      loop.slices = std::move(slices);
      loop.stretches = teller_->stretches().of(loop.key);
      loop.timeline = timelines_->of({slot.kind, slot.key});
      result.loops.push_back(std::move(loop));
    }
  }

  // A loop that slept all the time made no event; the looks at /proc saw it.
  void add_waiting_loops(profile_result& result, std::set<pid_t>& loop_threads) const {
    for (const auto& [identity, times] : judge_.loops()) {
      const std::string key = to_string(identity);
      const bool known = std::any_of(result.loops.begin(), result.loops.end(),
                                     [&](const loop_profile& loop) { return loop.key == key; });
      if (known || times.threads.empty()) continue;
      loop_profile loop;
      loop.key = key;
      loop.call = times.call;
      loop.threads.assign(times.threads.begin(), times.threads.end());
      loop.iterations = 0;
      loop.waiting = times.waiting;
      loop.working = times.working;
      loop.timeline = {{.begin = {},
                        .length = result.duration,
                        .iterations = 0,
                        .waiting = times.waiting,
                        .working = times.working}};
      loop_threads.insert(times.threads.begin(), times.threads.end());
      result.loops.push_back(std::move(loop));
    }
  }

  nanoseconds threshold_;
  std::chrono::milliseconds pause_;
  profile_hooks hooks_;
  loaded_programs programs_;
  pid_t process_ = 0;
  std::uint64_t events_ = 0;
  std::uint64_t finished_ = 0;
  std::uint32_t used_ = 0;  // slots up to here were used at some time
  bool untickable_ = false;
  bool warm_ = false;  // the symbols
  nanoseconds book_looked_{};
  std::optional<thread_book> threads_;
  std::optional<stretch_teller> teller_;
  std::optional<loop_timelines> timelines_;
  sample_judge judge_;
  std::map<pid_t, std::map<std::uint64_t, slice_stacks>> open_;  // by slice
  std::map<std::uint32_t, std::uint32_t> ticking_;   // the thread of a slot that has a clock
  std::map<std::uint32_t, std::set<pid_t>> served_;  // by loop's index + 1
};

}  // namespace

std::unique_ptr<loop_watch> make_ebpf_watch(const profile_options& options,
                                            const profile_hooks& hooks) {
  return std::make_unique<ebpf_watch>(options, hooks);
}

}  // namespace regatta::profiling
