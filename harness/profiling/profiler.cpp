// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/profiler.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <memory>
#include <optional>
#include <thread>

#include "harness/gate/executable.hpp"
#include "harness/platform/child_process.hpp"
#include "harness/platform/process_usage.hpp"
#include "harness/platform/unique_fd.hpp"
#include "harness/profiling/family_watch.hpp"
#include "harness/profiling/loop_watch.hpp"
#include "harness/profiling/profiled_target.hpp"
#include "harness/profiling/requests/request_watch.hpp"
#include "harness/profiling/thread_book.hpp"

namespace regatta::profiling {
namespace {

using std::chrono::nanoseconds;
using namespace std::chrono_literals;

// The started command; ended and reaped at the latest with this object.
class started_command {
 public:
  explicit started_command(const profiled_command& command) {
    const auto program = find_program(command.front());
    if (!program) {
      throw std::runtime_error(
          fmt::format("there is no program '{}' that could be started", command.front()));
    }
    pid_ = spawn({.program = *program,
                  .arguments = {command.begin() + 1, command.end()},
                  .descriptors = {},
                  .foreign = true});
  }
  ~started_command() { kill_and_reap(pid_); }
  started_command(const started_command&) = delete;
  started_command& operator=(const started_command&) = delete;

  pid_t pid() const { return pid_; }

  std::optional<exit_status> ended() {
    if (pid_ < 0) return status_;
    status_ = wait_child(pid_, false);
    if (status_) pid_ = -1;
    return status_;
  }

  /// SIGTERM, and SIGKILL for one that does not mind that.
  void end() {
    if (ended()) return;
    ::kill(pid_, SIGTERM);
    const auto until = monotonic_now() + 5s;
    while (!ended() && monotonic_now() < until) std::this_thread::sleep_for(5ms);
    kill_and_reap(pid_);
  }

 private:
  pid_t pid_ = -1;
  std::optional<exit_status> status_;
};

class end_of_process {
 public:
  explicit end_of_process(pid_t pid)
      : pid_(pid), handle_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}

  bool seen() const {
    if (!handle_) return !still_runs(pid_);
    pollfd asked{handle_.get(), POLLIN, 0};
    return ::poll(&asked, 1, 0) > 0;
  }

 private:
  pid_t pid_;
  unique_fd handle_;
};

// Three descriptors a thread, and a clock for each of a loop's.
void allow_many_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::unique_ptr<loop_watch> make_watch(profile_tier tier, const profile_options& options,
                                       const profile_hooks& hooks, std::optional<pid_t> process) {
  if (tier == profile_tier::ebpf) return make_ebpf_watch(options, hooks, process);
  const profile_hooks shared = serialized(hooks);
  const auto watch_one = [tier, options, process](const profile_hooks& told) {
    if (tier == profile_tier::perf) return make_perf_watch(options, told, process);
    if (tier == profile_tier::ptrace) return make_ptrace_watch(options, told, process);
    return make_proc_watch(options, told);
  };
  if (!options.children) return watch_one(shared);
  return with_children(watch_one(shared), watch_one, shared);
}

std::unique_ptr<loop_watch> choose_watch(const profile_options& options, const profile_hooks& hooks,
                                         std::optional<pid_t> process, profile_result& result) {
  for (const profile_tier tier :
       {profile_tier::ebpf, profile_tier::perf, profile_tier::proc, profile_tier::ptrace}) {
    if (options.tier && *options.tier != tier) continue;
    try {
      auto watch = make_watch(tier, options, hooks, process);
      result.tier = tier;
      return watch;
    } catch (const tier_unavailable& unavailable) {
      if (options.tier) {
        throw tier_unavailable(
            fmt::format("the tier {} is not to be had: {}; --tier auto takes the next one",
                        to_string(tier), unavailable.what()));
      }
      result.missing.push_back({tier, unavailable.what()});
    }
  }
  throw tier_unavailable("no tier is to be had");
}

// nullptr, with the reason in `found`, where requests cannot be followed.
std::unique_ptr<request_watch> choose_request_watch(const profile_options& options,
                                                    std::optional<request_profile>& found) {
  if (!options.requests) return nullptr;
  request_profile& requests = found.emplace();
  const profile_tier tier = options.tier.value_or(profile_tier::ebpf);
  std::string reason =
      fmt::format("the tier {} was asked for, which sees no requests", to_string(tier));
  if (tier == profile_tier::ebpf) {
    try {
      return make_request_watch(options.followed_rate);
    } catch (const tier_unavailable& unavailable) {
      reason = unavailable.what();
    }
  }
  requests.classification.why = "Requests were not followed.";
  requests.classification.missing = fmt::format("eBPF: {}", reason);
  return nullptr;
}

// What was started may start another program in its place.
void read_names(profiled_process& process) {
  try {
    profiled_process now = examine_target(process.pid);
    if (now.command_line != now.name) process = std::move(now);  // else it is about to end
  } catch (const std::runtime_error&) {                          // it has just ended
  }
}

// Loops are those of the process itself; the threads that served requests know theirs not.
unsigned serving_loops(const profile_result& result) {
  return std::min(static_cast<unsigned>(result.loops.size()), result.requests->pool.loop_threads);
}

nanoseconds longest_block(const loop_profile& loop) {
  return loop.stretches.empty() ? 0ns : loop.stretches.front().duration;
}

}  // namespace

profile_result profile(const std::variant<pid_t, profiled_command>& what,
                       const profile_options& options, const profile_hooks& hooks) {
  const pid_t* const running = std::get_if<pid_t>(&what);
  profile_result result;
  result.threshold = options.threshold;
  if (running != nullptr) result.process = examine_target(*running);

  allow_many_descriptors();
  const nanoseconds cpu_before = own_usage().cpu();
  const nanoseconds attaching = monotonic_now();
  // Side by side: the kernel takes its time to look at each one's programs.
  auto coming = std::async(options.requests ? std::launch::async : std::launch::deferred,
                           [&] { return choose_request_watch(options, result.requests); });
  const auto watch = choose_watch(
      options, hooks, running != nullptr ? std::optional(*running) : std::nullopt, result);
  if (running == nullptr) coming.wait();  // all of what it does is seen
  std::optional<started_command> command;
  if (running == nullptr) {
    command.emplace(std::get<profiled_command>(what));
    result.process = {.pid = command->pid(), .name = {}, .command_line = {}};
  }
  const end_of_process end(result.process.pid);
  result.started = std::chrono::system_clock::now();  // the times of stretches count from here
  const nanoseconds zero = monotonic_now();           // of the stretches' times
  watch->begin(result.process.pid);
  const auto requests = coming.get();
  if (requests) requests->begin(result.process.pid);
  const nanoseconds began = monotonic_now();
  result.cost.attach = began - attaching;
  if (command) {
    result.process.name = std::get<profiled_command>(what).front();
    result.process.command_line = result.process.name;
  }

  if (hooks.begun) hooks.begun(zero);

  bool over = false;
  while (!over && !(hooks.stop && hooks.stop())) {
    if (options.duration && monotonic_now() - began >= *options.duration) break;
    watch->look();
    if (requests) requests->look();
    over = end.seen();
    if (command && !over) read_names(result.process);
  }
  result.duration = monotonic_now() - began;
  if (requests) result.requests = requests->finish();
  watch->finish(result);
  if (requests) result.requests->pool.loops = serving_loops(result);
  if (command) {
    const bool by_itself = command->ended().has_value();
    command->end();
    if (const auto status = command->ended(); status && by_itself) {
      result.process_end = status->describe();
    }
  } else if (over) {
    result.process_end = "ended";
  }
  std::stable_sort(result.loops.begin(), result.loops.end(), [](const auto& a, const auto& b) {
    return longest_block(a) > longest_block(b);
  });
  result.cost.cpu = own_usage().cpu() - cpu_before;
  return result;
}

}  // namespace regatta::profiling
