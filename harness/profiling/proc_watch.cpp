// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "harness/profiling/culprit.hpp"
#include "harness/profiling/loop_timeline.hpp"
#include "harness/profiling/loop_watch.hpp"
#include "harness/profiling/sample_judge.hpp"
#include "harness/profiling/sampled_loops.hpp"
#include "harness/profiling/saturated_stacks.hpp"
#include "harness/profiling/stopping_capture.hpp"
#include "harness/profiling/stretch_teller.hpp"
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
constexpr nanoseconds stop_pause = 50ms;  // of one thread

class proc_watch final : public loop_watch {
 public:
  proc_watch(const profile_options& options, const profile_hooks& hooks, bool may_stop)
      : threshold_(options.threshold), hooks_(hooks), may_stop_(may_stop) {}

  void begin(pid_t process) override {
    process_ = process;
    next_ = monotonic_now();
    threads_.emplace(process);
    teller_.emplace(process, threshold_, hooks_, next_);
    judge_.emplace(
        threshold_,
        [this](const sampled_stretch& stretch, stretch_phase phase) { tell(stretch, phase); },
        [this](pid_t tid) {
          const auto stack = name_stack(tid);
          return stack && runs_handler(stack->frames);
        });
    timelines_.emplace(next_);
    threads_->scan();
  }

  void look() override {
    next_ = std::max(next_ + period, monotonic_now());
    std::this_thread::sleep_until(std::chrono::steady_clock::time_point(next_));
    if (++looks_ % scan_every == 0) {
      threads_->scan();
      for (const pid_t tid : threads_->ended()) judge_->thread_ended(tid, monotonic_now());
    }
    for (const captured_stack& captured : stopping_.late()) note_computing(captured);
    const bool all = threads_->alive() <= many_threads || looks_ % others_every == 0;
    threads_->look([&](pid_t tid) { return all || judge_->is_loop_thread(tid); },
                   [&](const thread_sample& sample) {
                     ++samples_;
                     judge_->add(sample);
                     if (may_stop_) look_closer(sample);
                     if (!warm_ && judge_->is_loop_thread(sample.tid)) {
                       warm_ = true;
                       teller_->warm_up(sample.tid);
                     }
                   });
    if (timelines_->due(monotonic_now())) note_counters();
  }

  void finish(profile_result& result) override {
    finishing_ = true;
    judge_->finish();
    note_counters();
    std::set<pid_t> loop_threads;
    add_sampled_loops(*judge_, *teller_, *timelines_, result, loop_threads);
    result.threads = threads_->profiles(loop_threads);
    result.cost.events = samples_;
    for (loop_profile& loop : result.loops) loop.saturated_in = computing_.of(loop.key);
    result.notes.push_back(
        "By samples of /proc: a call that a loop's thread waits in is seen for sure, a long "
        "callback that computes is not, and is called saturated.");
    if (stops_ != 0) {
      result.notes.push_back(
          fmt::format("Threads that computed were stopped {} times to copy their stacks.", stops_));
    }
  }

 private:
  void note_counters() { timelines_->note(monotonic_now(), sampled_counters(*judge_)); }

  // What is known of a stretch that lasts: where it began, and its stack, which does not change
  // while the thread does not run.
  struct told_stretch {
    nanoseconds begin{};
    bool real = false;
    std::optional<named_stack> stack;
  };

  void tell(const sampled_stretch& stretch, stretch_phase phase) {
    told_stretch& told = told_[stretch.tid];
    if (told.begin != stretch.begin) {
      told = {.begin = stretch.begin,
              .real = teller_->loop_exists(stretch.loop),
              .stack = name_stack(stretch.tid)};
      if (stretch.call.call >= 0) teller_->note_descriptor(stretch.call.call, stretch.call.first);
    }
    if (!told.real) return;
    found_stretch found{.tid = stretch.tid,
                        .loop = stretch.loop,
                        .begin = stretch.begin,
                        .ledger = {},
                        .stack = told.stack};
    const auto length = static_cast<std::uint64_t>((stretch.end - stretch.begin).count());
    if (stretch.call.call >= 0) {
      found.ledger.used = 1;
      found.ledger.calls[0] = stretch.call;
      found.ledger.calls[0].time = length;
    } else {
      found.ledger.fault = length;
    }
    if (phase == stretch_phase::ended || finishing_) {
      teller_->keep(found, !finishing_, true, *threads_);
    } else {
      teller_->tell(found, phase, *threads_);
    }
  }

  // Which callback it is remains unknown, and whether there were several.
  void look_closer(const thread_sample& sample) {
    if (sample.look.now != internal::thread_look::state::running) return;
    const auto busy_since = judge_->busy_since(sample.tid);
    if (!busy_since || sample.time - *busy_since < threshold_) return;
    nanoseconds& looked = looked_closer_[sample.tid];
    if (sample.time - looked < stop_pause) return;
    looked = sample.time;
    if (const auto captured = stopping_.capture(process_, sample.tid)) note_computing(*captured);
  }

  void note_computing(const captured_stack& captured) {
    ++stops_;
    if (const auto loop = judge_->loop_of(captured.tid)) {
      computing_.add(to_string(*loop), teller_->name(captured));
    }
  }

  std::optional<named_stack> name_stack(pid_t tid) {
    const auto captured = capture_waiting_thread(process_, tid);
    return captured ? std::optional(teller_->name(*captured)) : std::nullopt;
  }

  nanoseconds threshold_;
  profile_hooks hooks_;
  pid_t process_ = 0;
  nanoseconds next_{};
  unsigned looks_ = 0;
  std::uint64_t samples_ = 0;
  bool finishing_ = false;
  bool warm_ = false;  // the symbols
  std::map<pid_t, told_stretch> told_;
  bool may_stop_;
  stopping_capture stopping_;
  std::map<pid_t, nanoseconds> looked_closer_;  // when it was stopped last
  saturated_stacks computing_;
  unsigned stops_ = 0;
  std::optional<thread_book> threads_;
  std::optional<stretch_teller> teller_;
  std::optional<sample_judge> judge_;
  std::optional<loop_timelines> timelines_;
};

}  // namespace

std::unique_ptr<loop_watch> make_proc_watch(const profile_options& options,
                                            const profile_hooks& hooks) {
  return std::make_unique<proc_watch>(options, hooks, false);
}

std::unique_ptr<loop_watch> make_ptrace_watch(const profile_options& options,
                                              const profile_hooks& hooks,
                                              std::optional<pid_t> process) {
  if (process) {
    if (const auto problem = stopping_capture::problem_with(*process)) {
      throw tier_unavailable(*problem);
    }
  }
  return std::make_unique<proc_watch>(options, hooks, true);
}

}  // namespace regatta::profiling
