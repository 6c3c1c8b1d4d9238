// SPDX-License-Identifier: Apache-2.0
// Watches a process in the ways that standard input says, one after another, so that what each of
// them costs can be compared within moments: nothing ("alone"), its "loops" by eBPF, its "requests"
// as well, or by /proc ("proc"). Answers "ready" when all is in place. For profile_overhead.py.
#include <atomic>
#include <charconv>
#include <future>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "harness/profiling/profiler.hpp"
#include "harness/profiling/requests/request_watch.hpp"

namespace {

using namespace regatta::profiling;
using namespace std::chrono_literals;

/// Something that is done by a thread of its own from start() to stop().
class activity {
 public:
  ~activity() {
    ending_ = true;
    if (running_.valid()) running_.wait();
  }

  /// `body` sets the promise when all is in place, and ends soon after `ending`. Throws what it
  /// throws before.
  template <class Body>
  void start(Body body) {
    stop();
    std::promise<void> in_place;
    std::future<void> begun = in_place.get_future();
    ending_ = false;
    running_ = std::async(
        std::launch::async,
        [this, body, promise = std::move(in_place)]() mutable { body(promise, ending_); });
    while (begun.wait_for(1ms) != std::future_status::ready) {
      if (running_.wait_for(0s) != std::future_status::ready) continue;
      running_.get();
      throw std::runtime_error("it was over before it began");
    }
  }
  void stop() {
    ending_ = true;
    if (running_.valid()) running_.get();
  }
  bool runs() const { return running_.valid(); }

 private:
  std::atomic<bool> ending_ = false;
  std::future<void> running_;
};

auto loops_of(pid_t process, profile_tier tier) {
  return [=](std::promise<void>& in_place, const std::atomic<bool>& ending) {
    profile_options options;
    options.tier = tier;
    options.requests = false;
    options.duration = std::nullopt;
    profile_hooks hooks;
    hooks.begun = [&](std::chrono::nanoseconds) { in_place.set_value(); };
    hooks.stop = [&] { return ending.load(); };
    profile(process, options, hooks);
  };
}

auto requests_of(pid_t process) {
  return [=](std::promise<void>& in_place, const std::atomic<bool>& ending) {
    const auto watch = make_request_watch(profile_options().followed_rate);
    watch->begin(process);
    in_place.set_value();
    while (!ending) {
      watch->look();
      std::this_thread::sleep_for(10ms);
    }
  };
}

}  // namespace

int main(int argc, char** argv) {
  const std::string given = argc == 2 ? argv[1] : "";
  const char* const end = given.data() + given.size();
  pid_t process = 0;
  if (std::from_chars(given.data(), end, process).ptr != end || process <= 0) {
    std::cerr << "usage: regatta_profile_switch PID\n";
    return 2;
  }
  try {
    activity loops, requests, samples;
    for (std::string way; std::getline(std::cin, way);) {
      if (way != "alone" && way != "loops" && way != "requests" && way != "proc") {
        throw std::runtime_error("there is no way to watch called \"" + way + '"');
      }
      if (way != "requests") requests.stop();
      if (way != "proc") samples.stop();
      if (way == "alone" || way == "proc") loops.stop();
      if (way == "proc") samples.start(loops_of(process, profile_tier::proc));
      if (way == "loops" || way == "requests") {
        if (!loops.runs()) loops.start(loops_of(process, profile_tier::ebpf));
      }
      if (way == "requests") requests.start(requests_of(process));
      std::cout << "ready" << std::endl;
    }
  } catch (const std::exception& failed) {
    std::cerr << "regatta_profile_switch: " << failed.what() << '\n';
    return 1;
  }
}
