// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/profiling/child_processes.hpp"
#include "harness/profiling/ebpf/handler_waits.hpp"
#include "harness/profiling/ebpf/loaded_programs.hpp"
#include "harness/profiling/ebpf/loop_profiles.hpp"
#include "harness/profiling/ebpf/program_meter.hpp"
#include "harness/profiling/ebpf/stage_armer.hpp"
#include "harness/profiling/ebpf/watched_process.hpp"
#include "harness/profiling/kernel_time.hpp"
#include "harness/profiling/loop_timeline.hpp"
#include "harness/profiling/loop_watch.hpp"
#include "harness/profiling/profiled_target.hpp"

namespace regatta::profiling {
namespace {

using std::chrono::nanoseconds;
using namespace std::chrono_literals;
using namespace kernel_side;

constexpr nanoseconds book_period = 50ms;
constexpr nanoseconds arming_time = 5ms;  // of the next stage, at most; with a tick's rounding

// So little of a slice may have been a look at its descriptors that nobody saw.
nanoseconds suspicion_for(nanoseconds threshold) {
  return std::clamp<nanoseconds>(threshold / 10, 500us, 5ms);
}

std::uint64_t now_ns() { return static_cast<std::uint64_t>(monotonic_now().count()); }
// Of what began then, if it did.
nanoseconds time_since(std::uint64_t began, std::uint64_t now) {
  return ns(began != 0 && began < now ? now - began : 0);
}

class ebpf_watch final : public loop_watch {
 public:
  ebpf_watch(const profile_options& options, const profile_hooks& hooks, bool whole)
      : options_(options),
        suspicion_(suspicion_for(options.threshold)),
        pause_(std::clamp<std::chrono::milliseconds>(
            std::chrono::duration_cast<std::chrono::milliseconds>(options.threshold / 5), 2ms,
            20ms)),
        hooks_(hooks),
        programs_({.threshold = options.threshold,
                   .suspicion = suspicion_,
                   .children = options.children,
                   .whole = whole}),
        handler_waits_(options.threshold) {}

  void begin(pid_t process) override {
    root_ = process;
    began_ = monotonic_now();
    timelines_.emplace(began_);
    programs_.watch(process);
    if (options_.children) {
      for (const pid_t child : descendants_of(process))
        programs_.watch(child), known_.insert(child);
    }
    armer_.emplace(programs_, options_.threshold / 4);
    armer_->need({.newcomers = true});
    process_of(process);
    look_at_books();
  }

  void look() override {
    programs_.events(pause_, [this](const event_head& event) { take(event); });
    take_copies();
    look_at_slots();
    if (timelines_->due(monotonic_now())) note_counters(now_ns());
    if (monotonic_now() - book_looked_ >= book_period) look_at_books();
    for (const auto& [pid, process] : processes_) process->warm_up();
    armer_->need(std::exchange(needs_, {}));
    meter_.look();
  }

  void finish(profile_result& result) override {
    finished_ = now_ns();  // to detach takes its time
    armer_->stop();
    meter_.stop();
    programs_.detach();
    programs_.events(0ms, [this](const event_head& event) { take(event); });
    note_counters(finished_);
    take_copies();
    look_at_books();
    keep_unfinished();
    std::set<pid_t> loop_threads;
    add_loops(result, loop_threads);
    for (const auto& [pid, process] : processes_) add_waiting_loops(*process, result, loop_threads);
    for (const auto& [pid, process] : processes_) {
      auto threads = process->threads().profiles(loop_threads);
      std::move(threads.begin(), threads.end(), std::back_inserter(result.threads));
    }
    std::stable_sort(result.threads.begin(), result.threads.end(),
                     [](const auto& a, const auto& b) { return a.cpu > b.cpu; });
    add_cost(result);
    for (std::string& note : describe(programs_.lost())) result.notes.push_back(std::move(note));
    for (std::string& note : describe({.uncertain = uncertain_,
                             .threshold = options_.threshold,
                             .untickable = untickable_})) {
      result.notes.push_back(std::move(note));
    }
  }

 private:
  watched_process& process_of(pid_t pid) {
    auto& process = processes_[pid];
    if (!process) {
      process = std::make_unique<watched_process>(pid, pid != root_, options_, hooks_, began_);
    }
    return *process;
  }

  void take(const event_head& event) {
    ++events_;
    const auto pid = static_cast<pid_t>(event.process);
    switch (event.kind) {
      case event_stack:
        take_stack(process_of(pid), reinterpret_cast<const stack_event&>(event));
        break;
      case event_slice:
        take_slice(process_of(pid), reinterpret_cast<const slice_event&>(event));
        break;
      case event_process:
        known_.insert(pid);
        needs_.newcomers = true;
        break;
      case event_thread_end:
        if (const auto found = processes_.find(pid); found != processes_.end()) {
          found->second->forget_thread(static_cast<pid_t>(event.tid));
        }
        programs_.free_slot(event.slot);
        break;
      default:  // a look at the threads follows
        break;
    }
  }

  void take_stack(watched_process& process, const stack_event& event) {
    slice_stacks& stacks = process.stacks_of(static_cast<pid_t>(event.head.tid), event.head.slice);
    captured_stack copy;
    copy.tid = static_cast<pid_t>(event.head.tid);
    std::copy(std::begin(event.registers), std::end(event.registers), copy.registers.begin());
    copy.stack_begin = copy.registers[7];
    const auto* const bytes = reinterpret_cast<const std::byte*>(event.stack);
    copy.stack.assign(bytes, bytes + std::min<std::size_t>(event.bytes, stack_bytes));
    if (event.path[0] != '\0') {
      process.teller().note_path(event.call, event.first,
                                 std::string(event.path, ::strnlen(event.path, path_bytes)));
    } else if (event.waited != 0) {
      process.teller().note_descriptor(event.call, event.first);
    }
    stacks.add({.waited = event.waited,
                .call = event.call,
                .there = event.waited == 0,
                .stack = process.teller().name(copy)});
  }

  loop_identity identity(const watched_process& process, std::uint32_t loop) const {
    const loop_slot& slot = programs_.loops()[loop - 1];
    return process.identity(slot.kind, slot.key);
  }

  // Before anything is made of a slice: they were taken while it lasted.
  void take_copies() {
    for (waiting_copy& copy : armer_->copies().taken()) {
      watched_process& process = process_of(copy.process);
      process.add(std::move(copy));
    }
  }

  void take_slice(watched_process& process, const slice_event& event) {
    take_copies();
    if (event.head.loop == 0 || event.head.loop > programs_.loops().size()) return;
    const auto tid = static_cast<pid_t>(event.head.tid);
    slice_stacks& stacks = process.stacks_of(tid, event.head.slice);
    if (!is_certain(event.unseen, event.sure)) {
      ++uncertain_;
    } else if (!stacks.left) {
      const found_stretch found{.tid = tid,
                                .loop = identity(process, event.head.loop),
                                .begin = ns(event.began),
                                .ledger = event.ledger,
                                .stack = stacks.best_for(event.ledger)};
      process.teller().keep(found, true, stacks.told != 0ns, process.threads());
    }
    process.forget_slice(tid, event.head.slice);
  }

  // Whether it was one callback, and not several with waits between them that nobody saw.
  bool is_certain(std::uint64_t unseen, std::uint64_t sure) const {
    return ns(unseen) <= suspicion_ + arming_time || ns(sure) >= options_.threshold;
  }

  // Where several threads serve a loop, that is how those wait that have nothing to do.
  bool parks(const thread_slot& thread) const {
    return is_condition_wait(thread.call, thread.argument[1], thread.argument[2]) &&
           programs_.loops()[thread.loop - 1].threads > 1;
  }

  // The slice so far, if it has taken that long already.
  std::optional<found_stretch> lasting(const watched_process& process, const thread_slot& thread,
                                       std::uint64_t now, nanoseconds least) const {
    if (thread.slice_began == 0 || thread.loop == 0 || thread.loop > programs_.loops().size()) {
      return std::nullopt;
    }
    if (ns(slice_age(&thread, now)) < least || parks(thread)) return std::nullopt;
    thread_slot so_far = thread;
    charge(&so_far, now);
    if (!is_certain(so_far.unseen, sure_of(&so_far, now))) return std::nullopt;
    return found_stretch{.tid = static_cast<pid_t>(thread.tid),
                         .loop = identity(process, thread.loop),
                         .begin = ns(thread.slice_began),
                         .ledger = so_far.ledger,
                         .stack = std::nullopt};
  }

  void look_at_slots() {
    const auto slots = programs_.threads();
    while (used_ < slots.size() && slots[used_].tid != 0) ++used_;
    const std::uint64_t now = now_ns();
    const bool can_tick = programs_.whole();
    for (std::uint32_t slot = 0; slot < used_; ++slot) {
      const auto thread = read_slot(slots[slot]);
      if (!thread || thread->tid == 0 || thread->loop == 0) continue;
      served_[thread->loop].insert(static_cast<pid_t>(thread->tid));
      loop_threads_.insert(static_cast<pid_t>(thread->tid));
      if (can_tick && (!ticking_.contains(slot) || ticking_[slot] != thread->tid)) {
        ticking_[slot] = thread->tid;
        if (!programs_.tick(static_cast<pid_t>(thread->tid), slot)) untickable_ = true;
      }
      watched_process& process = process_of(static_cast<pid_t>(thread->process));
      if (!process.warm) warm_up(process, *thread);
      handler_waits_.look(process, *thread, identity(process, thread->loop), now);
      look_at(process, *thread, slot, now);
    }
  }

  void look_at(watched_process& process, const thread_slot& thread, std::uint32_t slot,
               std::uint64_t now) {
    auto found = lasting(process, thread, now, suspicion_);
    if (!found) return;
    if (!process.teller().loop_exists(found->loop)) {
      process.stacks_of(found->tid, thread.slice).left = true;
      programs_.mark_left(slot, thread.slice);
      return;
    }
    const std::uint64_t age = slice_age(&thread, now);
    const auto threshold = static_cast<std::uint64_t>(options_.threshold.count());
    const bool waits = thread.mode == mode_blocked || thread.mode == mode_fault;
    if (!waits && gets_long(&thread, &found->ledger, age, threshold)) needs_.long_slices = true;
    if (age >= threshold) tell_lasting(process, thread, *found);
  }

  void tell_lasting(watched_process& process, const thread_slot& thread, found_stretch& found) {
    slice_stacks& stacks = process.stacks_of(found.tid, thread.slice);
    const nanoseconds length = length_of(found.ledger);
    if (stacks.told != 0ns && length < 2 * stacks.told) return;
    found.stack = stacks.best_for(found.ledger);
    // One that computes is told with the stack that the next tick brings.
    if (!found.stack && length < 2 * options_.threshold && !untickable_) return;
    process.teller().tell(found,
                          stacks.told == 0ns ? stretch_phase::began : stretch_phase::continues,
                          process.threads());
    stacks.told = length;
  }

  // By the first thread of a loop: those are what stacks will be taken of.
  static void warm_up(watched_process& process, const thread_slot& thread) {
    if (thread.wait_began == 0) return;
    process.warm = true;
    process.teller().warm_up(static_cast<pid_t>(thread.tid));
  }

  void look_at_books() {
    book_looked_ = monotonic_now();
    // Most that are started are over before they are looked at.
    for (const pid_t pid : std::exchange(known_, {})) {
      if (still_runs(pid)) process_of(pid);
    }
    for (const auto& [pid, process] : processes_) {
      if (process->over) continue;
      process->look();
      needs_.strangers = needs_.strangers || process->has_busy_stranger(loop_threads_);
      if (process->threads().alive() != 0 || pid == root_) continue;
      process->over = true;
      programs_.forget(pid);
    }
  }

  void keep_unfinished() {
    for (const thread_slot& shared : programs_.threads().first(used_)) {
      const auto thread = read_slot(shared);
      if (!thread || thread->tid == 0) continue;
      watched_process& process = process_of(static_cast<pid_t>(thread->process));
      handler_waits_.finish(process, *thread, finished_);
      auto found = lasting(process, *thread, finished_, options_.threshold);
      if (!found || !process.teller().loop_exists(found->loop)) continue;
      slice_stacks& stacks = process.stacks_of(found->tid, thread->slice);
      found->stack = stacks.best_for(found->ledger);
      process.teller().keep(*found, false, stacks.told != 0ns, process.threads());
    }
  }

  loop_identity identity(const loop_slot& loop) {
    return process_of(static_cast<pid_t>(loop.process)).identity(loop.kind, loop.key);
  }

  // What lasts is counted as far as it has come.
  void note_counters(std::uint64_t now) {
    const auto loops = programs_.loops();
    std::map<loop_identity, loop_counters> counters;
    for (const loop_slot& loop : loops) {
      counters[identity(loop)] = {loop.iterations, ns(loop.waiting), ns(loop.working)};
    }
    for (const thread_slot& shared : programs_.threads().first(used_)) {
      if (shared.loop == 0 || shared.loop > loops.size()) continue;
      loop_counters& loop = counters[identity(loops[shared.loop - 1])];
      loop.waiting += time_since(shared.wait_began, now);
      loop.working += time_since(shared.slice_began, now);
    }
    timelines_->note(ns(now), counters);
  }

  void add_loops(profile_result& result, std::set<pid_t>& loop_threads) {
    const auto loops = programs_.loops();
    const std::size_t first = result.loops.size();
    for (std::size_t at = 0; at < loops.size(); ++at) {
      const std::set<pid_t>& tids = served_[static_cast<std::uint32_t>(at) + 1];
      loop_threads.insert(tids.begin(), tids.end());
      result.loops.push_back(
          counted_loop(process_of(static_cast<pid_t>(loops[at].process)), loops[at], tids));
      result.loops.back().timeline = timelines_->of(identity(loops[at]));
    }
    for (const thread_slot& shared : programs_.threads().first(used_)) {
      if (shared.loop == 0 || shared.loop > loops.size()) continue;
      loop_profile& loop = result.loops[first + shared.loop - 1];
      loop.waiting += time_since(shared.wait_began, finished_);
      if (shared.left != shared.slice) loop.working += time_since(shared.slice_began, finished_);
    }
  }

  void add_cost(profile_result& result) const {
    result.cost.events = events_;
    result.cost.dropped = programs_.lost().events;
    // The first one is in force before the profile begins.
    result.cost.waits_watched =
        std::min(armer_->lasted(stage_waits) + programs_.detaching(), result.duration);
    result.cost.calls_watched = std::min(armer_->lasted(stage_calls), result.duration);
    result.cost.programs_share = meter_.share();
  }

  profile_options options_;
  nanoseconds suspicion_;
  std::chrono::milliseconds pause_;
  profile_hooks hooks_;
  loaded_programs programs_;
  handler_waits handler_waits_;
  pid_t root_ = 0;
  nanoseconds began_{};
  std::uint64_t events_ = 0;
  std::uint64_t finished_ = 0;
  std::uint64_t uncertain_ = 0;  // slices that may have been several
  std::uint32_t used_ = 0;       // slots up to here were used at some time
  bool untickable_ = false;
  nanoseconds book_looked_{};
  program_meter meter_{[this] { return programs_.run_time(); }};
  probe_needs needs_;  // of this look
  std::optional<stage_armer> armer_;
  std::optional<loop_timelines> timelines_;
  std::map<pid_t, std::unique_ptr<watched_process>> processes_;
  std::set<pid_t> known_;                            // children that were not looked at yet
  std::map<std::uint32_t, std::uint32_t> ticking_;   // the thread of a slot that has a clock
  std::map<std::uint32_t, std::set<pid_t>> served_;  // by loop's index + 1
  std::set<pid_t> loop_threads_;
};

}  // namespace

std::unique_ptr<loop_watch> make_ebpf_watch(const profile_options& options,
                                            const profile_hooks& hooks,
                                            std::optional<pid_t> process) {
  return std::make_unique<ebpf_watch>(options, hooks, !process);
}

}  // namespace regatta::profiling
