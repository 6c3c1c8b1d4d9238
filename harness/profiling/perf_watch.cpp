// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "harness/profiling/ebpf/slice_stacks.hpp"
#include "harness/profiling/loop_watch.hpp"
#include "harness/profiling/perf_capture.hpp"
#include "harness/profiling/perf_switches.hpp"
#include "harness/profiling/sample_judge.hpp"
#include "harness/profiling/stretch_teller.hpp"
#include "harness/profiling/switch_account.hpp"
#include "harness/profiling/thread_book.hpp"
#include "harness/profiling/waiting_capture.hpp"

namespace regatta::profiling {
namespace {

using std::chrono::nanoseconds;
using namespace std::chrono_literals;

constexpr nanoseconds period = 4ms;
constexpr unsigned scan_every = 25;    // looks; threads come and go
constexpr unsigned others_every = 25;  // looks at threads of no loop, when there are many
constexpr std::size_t many_threads = 32;
constexpr nanoseconds naming_pause = 50ms;  // between stacks of one slice
constexpr unsigned hertz = 499;

nanoseconds suspicion_for(nanoseconds threshold) {
  return std::clamp<nanoseconds>(threshold / 10, 1ms, 5ms);
}

class perf_watch final : public loop_watch {
 public:
  perf_watch(const profile_options& options, const profile_hooks& hooks,
             std::optional<pid_t> process)
      : threshold_(options.threshold),
        suspicion_(suspicion_for(options.threshold)),
        hooks_(hooks),
        capture_({.hertz = hertz}),
        account_(threshold_, suspicion_ + 2 * period,
                 [this](const seen_slice& slice) { slice_ended(slice); }),
        judge_(threshold_, [](const sampled_stretch&, stretch_phase) {}) {
    const pid_t tried = process.value_or(::getpid());
    if (const auto problem = switches_.add(tried)) throw tier_unavailable(*problem);
    if (const auto problem = capture_.add(tried)) throw tier_unavailable(*problem);
    switches_.remove(tried);
    capture_.remove(tried);
  }

  void begin(pid_t process) override {
    process_ = process;
    next_ = monotonic_now();
    threads_.emplace(process);
    teller_.emplace(process, threshold_, hooks_, next_);
    threads_->scan();
  }

  void look() override {
    next_ = std::max(next_ + period, monotonic_now());
    std::this_thread::sleep_until(std::chrono::steady_clock::time_point(next_));
    look_at_threads();
    take_stacks();
    if (++looks_ % scan_every == 0) scan();  // what it drops has told all it had to
    for (const pid_t tid : watched_) follow(tid, monotonic_now());
  }

  void finish(profile_result& result) override {
    const nanoseconds now = monotonic_now();
    look_at_threads();
    for (const pid_t tid : watched_) {
      if (const auto slice = account_.lasting(tid, now)) keep(*slice, false);
    }
    judge_.finish();
    std::set<pid_t> loop_threads;
    for (const auto& [loop, times] : judge_.loops()) {
      if (times.threads.empty() && times.waiting == 0ns) continue;
      loop_profile profile;
      profile.key = to_string(loop);
      profile.call = times.call;
      profile.threads.assign(times.threads.begin(), times.threads.end());
      profile.waiting = times.waiting;
      profile.working = times.working;
      const nanoseconds whole = times.waiting + times.working;
      if (whole > 0ns) {
        profile.saturated =
            static_cast<double>(times.saturated.count()) / static_cast<double>(whole.count());
      }
      profile.stretches = teller_->stretches().of(profile.key);
      loop_threads.insert(times.threads.begin(), times.threads.end());
      result.loops.push_back(std::move(profile));
    }
    result.threads = threads_->profiles(loop_threads);
    result.cost.events = events_;
    result.cost.dropped = switches_.lost() + capture_.lost();
    add_notes(result);
  }

 private:
  void scan() {
    threads_->scan();
    for (const pid_t tid : threads_->ended()) {
      judge_.thread_ended(tid, monotonic_now());
      account_.thread_ended(tid);
      switches_.remove(tid);
      capture_.remove(tid);
      watched_.erase(tid);
      open_.erase(tid);
    }
  }

  struct timed_look {
    thread_sample sample;
    nanoseconds seen{};  // it was so then
  };

  void look_at_threads() {
    std::map<pid_t, timed_look> looks;
    const bool all = threads_->alive() <= many_threads || looks_ % others_every == 0;
    threads_->look([&](pid_t tid) { return all || judge_.is_loop_thread(tid); },
                   [&](const thread_sample& sample) {
                     judge_.add(sample);
                     looks[sample.tid] = {sample, monotonic_now()};
                   });
    // What happened before a look comes before it.
    for (const thread_event& event : switches_.read()) {
      ++events_;
      const auto look = looks.find(event.tid);
      if (look != looks.end() && event.time > look->second.seen) {
        note(look->second.sample);
        looks.erase(look);
      }
      account_.add(event);
    }
    for (const auto& [tid, look] : looks) note(look.sample);
  }

  void note(const thread_sample& sample) {
    const auto loop = judge_.loop_of(sample.tid);
    if (!loop) return;
    const bool waits = judge_.waits(sample.tid);
    if (waits && sample.look.code != 0 &&
        sample.look.now == internal::thread_look::state::in_call &&
        !kernel_side::is_condition_wait(sample.look.call, sample.look.argument[1],
                                        sample.look.argument[2])) {
      back_at_[sample.tid] = sample.look.code;
    }
    if (watched_.insert(sample.tid).second) {
      if (const auto problem = switches_.add(sample.tid)) unwatched_ = *problem;
      if (!std::exchange(warm_, true)) teller_->warm_up(sample.tid);
    }
    account_.look(sample, *loop, waits);
  }

  void take_stacks() {
    for (perf_sample& sample : capture_.read()) {
      ++events_;
      const pid_t tid = sample.stack.tid;
      account_.count_ticks(tid, sample.in_kernel ? 0 : 1, sample.in_kernel ? 1 : 0);
      const auto slice = account_.lasting(tid, monotonic_now());
      if (!slice || sample.time < slice->begin || slice->end - slice->begin < threshold_ / 2) {
        continue;
      }
      slice_state& open = state_of(*slice);
      if (!open.stacks.taken.empty() && sample.time - open.named < naming_pause) continue;
      open.named = sample.time;
      open.stacks.add({.waited = 0,
                       .call = kernel_side::no_call,
                       .there = true,
                       .stack = teller_->name(sample.stack)});
    }
  }

  struct slice_state {
    std::uint64_t number = 0;
    nanoseconds named{};  // when its last stack was taken
    slice_stacks stacks{};
  };
  slice_state& state_of(const seen_slice& slice) {
    slice_state& state = open_[slice.tid];
    if (state.number != slice.number) state = {.number = slice.number};
    return state;
  }

  // A slice that lasts is looked at more closely the longer it does.
  void follow(pid_t tid, nanoseconds now) {
    const auto slice = account_.lasting(tid, now);
    const nanoseconds age = slice ? slice->end - slice->begin : 0ns;
    if (age < suspicion_) return capture_.remove(tid);
    const auto back_at = back_at_.find(tid);
    if (account_.is_blind(tid) && back_at != back_at_.end()) {
      if (switches_.await(tid, back_at->second)) {
        account_.awaited(tid, monotonic_now());
      } else {
        no_breakpoints_ = true;
      }
    }
    if (age < threshold_ / 4) return capture_.remove(tid);
    capture_.add(tid);  // without it there is no stack, which the report says
    if (age >= threshold_ / 2) copy_waiting(*slice);
    if (age >= threshold_ && slice->sure) tell(*slice);
  }

  // The stack of a thread that waits in a call of its callback.
  void copy_waiting(const seen_slice& slice) {
    slice_state& open = state_of(slice);
    const auto& ledger = slice.ledger;
    if (ledger.used == 0 || slice.end - open.named < naming_pause) return;
    const auto captured = capture_waiting_thread(process_, slice.tid);
    if (!captured) return;
    open.named = slice.end;
    const auto& share = ledger.calls[std::min<std::uint32_t>(ledger.used, 6) - 1];
    teller_->note_descriptor(share.call, share.first);
    open.stacks.add({.waited = share.time,
                     .call = share.call,
                     .there = true,
                     .stack = teller_->name(*captured)});
  }

  static found_stretch stretch_of(const seen_slice& slice, const slice_stacks& stacks) {
    return {.tid = slice.tid,
            .loop = slice.loop,
            .begin = slice.begin,
            .ledger = slice.ledger,
            .stack = stacks.best_for(slice.ledger)};
  }

  void tell(const seen_slice& slice) {
    slice_state& open = state_of(slice);
    const nanoseconds length = length_of(slice.ledger);
    if (open.stacks.told != 0ns && length < 2 * open.stacks.told) return;
    if (open.stacks.taken.empty() && length < 2 * threshold_) return;  // one is on its way
    if (!teller_->loop_exists(slice.loop)) return;
    teller_->tell(stretch_of(slice, open.stacks),
                  open.stacks.told == 0ns ? stretch_phase::began : stretch_phase::continues,
                  *threads_);
    open.stacks.told = length;
  }

  void slice_ended(const seen_slice& slice) { keep(slice, true); }

  void keep(const seen_slice& slice, bool ended) {
    if (slice.end - slice.begin < threshold_ || !teller_->loop_exists(slice.loop)) return;
    if (!slice.sure) {
      ++unsure_;
      return;
    }
    const slice_stacks& stacks = state_of(slice).stacks;
    teller_->keep(stretch_of(slice, stacks), ended, stacks.told != 0ns, *threads_);
  }

  void add_notes(profile_result& result) const {
    result.notes.push_back(
        "By perf events: a call that waits is named if it lasts 4 ms or longer; a callback whose "
        "waits are all shorter than that is not found.");
    if (no_breakpoints_) {
      result.notes.push_back(
          "This machine has no breakpoints left: a long callback that computes cannot be told from "
          "many short ones, and is called saturated.");
    } else if (unsure_ != 0) {
      result.notes.push_back(fmt::format(
          "{} times a loop did not sleep for {} ms or longer, unwatched for a part of it: one long "
          "callback or many short ones, nobody knows.",
          unsure_, threshold_ / 1ms));
    }
    if (!unwatched_.empty()) {
      result.notes.push_back(fmt::format("Threads were left out, because of {}.", unwatched_));
    }
  }

  nanoseconds threshold_, suspicion_;
  profile_hooks hooks_;
  perf_switches switches_;
  perf_capture capture_;
  switch_account account_;
  sample_judge judge_;
  pid_t process_ = 0;
  nanoseconds next_{};
  unsigned looks_ = 0;
  std::uint64_t events_ = 0, unsure_ = 0;
  bool no_breakpoints_ = false;
  bool warm_ = false;      // the symbols
  std::string unwatched_;  // why a thread was not
  std::set<pid_t> watched_;
  std::map<pid_t, std::uintptr_t> back_at_;  // the instruction after its loop's wait
  std::map<pid_t, slice_state> open_;
  std::optional<thread_book> threads_;
  std::optional<stretch_teller> teller_;
};

}  // namespace

std::unique_ptr<loop_watch> make_perf_watch(const profile_options& options,
                                            const profile_hooks& hooks,
                                            std::optional<pid_t> process) {
  return std::make_unique<perf_watch>(options, hooks, process);
}

}  // namespace regatta::profiling
