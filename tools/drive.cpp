// SPDX-License-Identifier: Apache-2.0
#include "tools/drive.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

#include "harness/http_load/http_load.hpp"
#include "harness/platform/process_usage.hpp"
#include "harness/profiling/request_delays.hpp"
#include "tools/usage_error.hpp"

namespace regatta {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr std::size_t most_remembered = 2'000'000;  // requests: 48 MB
constexpr nanoseconds time_to_listen = 10s;

// The load in a thread of its own. Thread safety: one thread but for over().
class load_beside {
 public:
  load_beside(const load_choice& choice, bool waits_for_server, std::function<bool()> stop)
      : choice_(choice), waits_(waits_for_server), stop_(std::move(stop)) {
    choice_.plan.most_remembered = most_remembered;
  }
  ~load_beside() { end(); }
  load_beside(const load_beside&) = delete;
  load_beside& operator=(const load_beside&) = delete;

  void begin() {
    thread_ = std::thread([this] {
      run();
      over_.store(true, std::memory_order_release);  // for over(): what run() has written is there
    });
  }
  bool over() const { return over_.load(std::memory_order_acquire); }
  void end() {
    ending_.store(true, std::memory_order_relaxed);
    if (thread_.joinable()) thread_.join();
  }

  // When it has ended.
  std::optional<http_load::load_result>& result() { return result_; }
  const std::string& problem() const { return problem_; }

 private:
  bool stopped() const { return ending_.load(std::memory_order_relaxed) || stop_(); }

  void run() {
    const auto until = std::chrono::steady_clock::now() + time_to_listen;
    http_load::load_hooks hooks;
    hooks.stop = [this] { return stopped(); };
    while (true) {
      try {
        result_ = http_load::run_load(choice_.plan, choice_.levels, choice_.limits, hooks);
        return;
      } catch (const std::exception& error) {
        problem_ = error.what();
      }
      if (!waits_ || stopped() || std::chrono::steady_clock::now() > until) return;
      std::this_thread::sleep_for(50ms);
    }
  }

  load_choice choice_;
  bool waits_;
  std::function<bool()> stop_;
  std::optional<http_load::load_result> result_;
  std::string problem_;
  std::atomic<bool> ending_{false}, over_{false};
  std::thread thread_;
};

}  // namespace

void add_drive_options(CLI::App& command, drive_request& request) {
  load_request& load = request.load;
  const std::string group = "A load to drive meanwhile, as of regatta load";
  command
      .add_option("--drive", request.url,
                  "Put this URL under an open-loop load while the profile lasts; --duration is the "
                  "load's, after its warm-up")
      ->group(group);
  command.add_option("--rate", load.rate, "Requests per second")->group(group);
  command.add_option("--arrivals", load.arrivals, "poisson (the default) or constant")
      ->group(group);
  command.add_option("--connections", load.connections, "Kept alive")
      ->capture_default_str()
      ->group(group);
  command.add_option("--warmup", load.warm_up, "Before it, not measured; 0 for none")
      ->capture_default_str()
      ->group(group);
  command.add_option("--timeout", load.timeout, "Of a request (default 10s)")->group(group);
  command.add_option("--method", load.method, "Default GET; POST with a body")->group(group);
  command.add_option("--header", load.headers, "'Name: value'; repeat for more")
      ->allow_extra_args(false)
      ->group(group);
  command.add_option("--body", load.body, "Text, or @FILE")->group(group);
  command.add_option("--slo", load.levels, "p99=50ms, errors=0.1%; exit code 3 if it is not kept")
      ->allow_extra_args(false)
      ->group(group);
  command
      .add_flag("!--no-poll", load.poll,
                "The client sleeps until a request is due: for a server that needs the same CPUs")
      ->group(group);
}

std::optional<load_choice> plan_drive(const drive_request& request,
                                      const std::optional<std::string>& duration) {
  if (!request.url) {
    if (request.load.rate || !request.load.levels.empty()) {
      throw usage_error("--rate and --slo are of a load: give --drive URL too");
    }
    return std::nullopt;
  }
  if (!request.load.rate) {
    throw usage_error("--drive needs the load's --rate, in requests per second");
  }
  load_request load = request.load;
  load.url = *request.url;
  load.duration = duration;
  return plan_load(load);
}

driven_profile profile_under_load(const std::variant<pid_t, profiling::profiled_command>& subject,
                                  profiling::profile_options options,
                                  profiling::profile_hooks hooks, const load_choice& choice) {
  const bool starts_command = !std::holds_alternative<pid_t>(subject);
  load_beside load(choice, starts_command, hooks.stop);
  nanoseconds zero{};
  options.duration.reset();
  hooks.begun = [&](nanoseconds began) {
    zero = began;
    load.begin();
  };
  hooks.stop = [&load, stop = std::move(hooks.stop)] { return stop() || load.over(); };
  driven_profile driven{profiling::profile(subject, options, hooks), {}};
  load.end();
  auto& result = load.result();
  if (!result) {
    driven.problem = load.problem();
    return driven;
  }
  driven.result.cost.cpu = std::max(driven.result.cost.cpu - result->cpu, 0ns);
  if (result->forgot) {
    driven.result.notes.push_back(
        fmt::format("Of the load, only the first {} requests are held against the stretches.",
                    most_remembered));
  }
  if (result->began == 0ns) {
    driven.problem = "the process ended before anything was sent";
    return driven;
  }
  profiling::put_beside(driven.result, std::move(*result), zero);
  return driven;
}

}  // namespace regatta
