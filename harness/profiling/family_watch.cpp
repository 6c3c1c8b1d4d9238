// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/family_watch.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include "harness/profiling/child_processes.hpp"
#include "harness/profiling/profiled_target.hpp"
#include "harness/profiling/thread_book.hpp"

namespace regatta::profiling {
namespace {

using std::chrono::nanoseconds;
using namespace std::chrono_literals;

constexpr nanoseconds adoption_period = 200ms;
constexpr std::size_t most_children = 64;

std::string name_of_child(const std::string& loop, pid_t process) {
  return fmt::format("{} of process {}", loop, process);
}

class child_watch {
 public:
  child_watch(pid_t pid, const watch_maker& make, const profile_hooks& hooks) : pid_(pid) {
    profile_hooks own = hooks;
    if (hooks.live) {
      own.live = [pid, live = hooks.live](const blocked_stretch& stretch, stretch_phase phase) {
        blocked_stretch named = stretch;
        named.loop = name_of_child(stretch.loop, pid);
        live(named, phase);
      };
    }
    watch_ = make(own);
    watch_->begin(pid);
    thread_ = std::jthread([this](const std::stop_token& stop) {
      for (unsigned looks = 0; !stop.stop_requested(); ++looks) {
        watch_->look();
        if (looks % 25 == 0 && !still_runs(pid_)) return;
      }
    });
  }

  void finish(profile_result& result) {
    thread_.request_stop();
    thread_.join();
    profile_result own;
    watch_->finish(own);
    for (loop_profile& loop : own.loops) {
      loop.key = name_of_child(loop.key, pid_);
      for (blocked_stretch& stretch : loop.stretches) stretch.loop = loop.key;
      result.loops.push_back(std::move(loop));
    }
    std::move(own.threads.begin(), own.threads.end(), std::back_inserter(result.threads));
    for (std::string& note : own.notes) {
      if (std::find(result.notes.begin(), result.notes.end(), note) == result.notes.end()) {
        result.notes.push_back(std::move(note));
      }
    }
    result.cost.events += own.cost.events;
    result.cost.dropped += own.cost.dropped;
  }

 private:
  pid_t pid_;
  std::unique_ptr<loop_watch> watch_;
  std::jthread thread_;
};

class family_watch final : public loop_watch {
 public:
  family_watch(std::unique_ptr<loop_watch> root, watch_maker make, const profile_hooks& hooks)
      : root_(std::move(root)), make_(std::move(make)), hooks_(hooks) {}

  void begin(pid_t process) override {
    process_ = process;
    root_->begin(process);
    adopt();
  }

  void look() override {
    root_->look();
    if (monotonic_now() - adopted_ >= adoption_period) adopt();
  }

  void finish(profile_result& result) override {
    root_->finish(result);
    for (auto& [pid, child] : children_) child->finish(result);
    std::stable_sort(
        result.threads.begin(), result.threads.end(),
        [](const thread_profile& a, const thread_profile& b) { return a.cpu > b.cpu; });
    if (!refused_.empty()) {
      result.notes.push_back(
          fmt::format("{} child processes were not watched: {}.", refused_.size(), refusal_));
    }
  }

 private:
  void adopt() {
    adopted_ = monotonic_now();
    for (const pid_t pid : descendants_of(process_)) {
      if (children_.contains(pid) || refused_.contains(pid) || pid == ::getpid()) continue;
      try {
        if (children_.size() >= most_children) {
          throw tier_unavailable(fmt::format("there are more than {}", most_children));
        }
        examine_target(pid);
        children_.emplace(pid, std::make_unique<child_watch>(pid, make_, hooks_));
      } catch (const std::runtime_error& problem) {
        if (!still_runs(pid)) continue;
        refused_.insert(pid);
        refusal_ = problem.what();
      }
    }
  }

  std::unique_ptr<loop_watch> root_;
  watch_maker make_;
  profile_hooks hooks_;
  pid_t process_ = 0;
  nanoseconds adopted_{};
  std::map<pid_t, std::unique_ptr<child_watch>> children_;
  std::set<pid_t> refused_;
  std::string refusal_;  // of the last one
};

}  // namespace

profile_hooks serialized(const profile_hooks& hooks) {
  profile_hooks result = hooks;
  if (hooks.live) {
    result.live = [mutex = std::make_shared<std::mutex>(), live = hooks.live](
                      const blocked_stretch& stretch, stretch_phase phase) {
      const std::lock_guard lock(*mutex);
      live(stretch, phase);
    };
  }
  return result;
}

std::unique_ptr<loop_watch> with_children(std::unique_ptr<loop_watch> root, watch_maker make,
                                          const profile_hooks& hooks) {
  return std::make_unique<family_watch>(std::move(root), std::move(make), hooks);
}

}  // namespace regatta::profiling
