// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/loop_monitor/watchdog.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "harness/diagnostics/debug_options.hpp"
#include "harness/diagnostics/loop_monitor/loop_watcher.hpp"
#include "harness/diagnostics/loop_monitor/standstill_clock.hpp"
#include "harness/diagnostics/loop_monitor/teller.hpp"
#include "harness/diagnostics/loop_monitor/thread_finder.hpp"
#include "harness/diagnostics/own_thread_id.hpp"

namespace regatta::internal {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

// What the kernel takes to give a thread a fresh page.
nanoseconds measure_page_fault() {
  constexpr std::size_t pages = 256;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* const space =
      ::mmap(nullptr, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (space == MAP_FAILED) return 0ns;
  ::madvise(space, pages * page, MADV_NOHUGEPAGE);
  nanoseconds best = nanoseconds::max();
  for (int attempt = 0; attempt < 3; ++attempt) {
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < pages; ++i) static_cast<volatile char*>(space)[i * page] = 1;
    best = std::min<nanoseconds>(best, (std::chrono::steady_clock::now() - begin) / pages);
    ::madvise(space, pages * page, MADV_DONTNEED);
  }
  ::munmap(space, pages * page);
  return best;
}

// The program's signals are for its own threads: what is started meanwhile takes none.
struct no_signals {
  no_signals() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &former);
  }
  ~no_signals() { ::pthread_sigmask(SIG_SETMASK, &former, nullptr); }
  no_signals(const no_signals&) = delete;
  no_signals& operator=(const no_signals&) = delete;
  sigset_t former;
};

}  // namespace

struct watchdog::state {
  std::mutex mutex;  // held during a look: a watcher that was removed is not in use
  std::vector<handle> watchers;
  stack_reader stacks;
  std::recursive_mutex telling;  // of every teller, and over a fork; a report handler may fork
  std::shared_ptr<teller> reports;
  run_frame_reader frames;
  nanoseconds fault_cost{};
  standstill_clock clock;
  std::optional<std::thread> thread;
  std::shared_ptr<std::atomic<bool>> ends;  // the thread's own: another may begin before it is gone

  watch_tools tools() {
    return {.clock = clock, .reports = *reports, .frames = frames, .fault_cost = fault_cost};
  }

  void watch(const std::atomic<bool>& ends) {
    ::pthread_setname_np(::pthread_self(), "regatta-watch");
    exclude_from_search(own_thread_id());
    // It runs seldom and shortly, and should when others do not let go of a CPU. Needs a privilege.
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(own_thread_id()), -10);
    const nanoseconds measured = measure_page_fault();
    {
      const std::lock_guard lock(mutex);
      frames.warm_up();
    }
    while (!ends.load(std::memory_order_acquire)) {
      nanoseconds period = 2ms;
      {
        const std::lock_guard lock(mutex);
        if (ends.load(std::memory_order_relaxed)) return;  // and `reports` is somebody else's
        fault_cost = measured;
        for (const handle& watcher : watchers) {
          watcher->look(tools());
          period = std::min(period, watcher->period());
        }
      }
      clock.sleep_for(period);
    }
  }

  // The mutex is held for all of these.
  void start() {
    const no_signals for_them;
    reports = std::make_shared<teller>(stacks, telling);
    ends = std::make_shared<std::atomic<bool>>(false);
    thread.emplace([this, ends = ends] { watch(*ends); });
  }
  // Over a fork nothing is in work that the child would find half done.
  void before_fork() {
    telling.lock();
    mutex.lock();
  }
  void after_fork() {
    mutex.unlock();
    telling.unlock();
  }
  // There the threads are gone, and what belongs to them is left as it is.
  void after_fork_in_child() {
    known_thread_id = 0;
    forget_copies_in_work();
    if (thread) new std::thread(std::move(*thread));
    thread.reset();
    if (reports) new std::shared_ptr<teller>(std::move(reports));
    reports.reset();
    watchers.clear();
    new (&telling) std::recursive_mutex;  // it is another thread's, by its number
    mutex.unlock();
  }
};

watchdog::watchdog() : state_(*new state) {
  ::pthread_atfork([] { shared_watchdog().state_.before_fork(); },
                   [] { shared_watchdog().state_.after_fork(); },
                   [] { shared_watchdog().state_.after_fork_in_child(); });
}

watchdog& shared_watchdog() {
  static watchdog& only = *new watchdog;
  return only;
}

watchdog::handle watchdog::add(std::shared_ptr<watched_loop> loop, monitor_options options) {
  const debug_options& debug = debug_options_from_environment();
  if (debug.slow) options.threshold = std::max<nanoseconds>(*debug.slow, 1ms);
  if (options.threshold < 1ms) {
    throw std::invalid_argument(
        fmt::format("loop_monitor: the threshold is {} ns, the least it may be is 1 ms",
                    options.threshold.count()));
  }
  auto watcher = std::make_shared<loop_watcher>(std::move(loop), std::move(options));
  if (!debug.on) return watcher;
  const std::lock_guard lock(state_.mutex);
  if (!state_.thread) state_.start();
  state_.watchers.push_back(watcher);
  return watcher;
}

void watchdog::remove(const handle& watcher) {
  std::optional<std::thread> ended;
  std::shared_ptr<teller> reports;
  {
    const std::lock_guard lock(state_.mutex);
    if (std::erase(state_.watchers, watcher) == 0) return;  // off, or of before a fork
    watcher->last_look(state_.tools());
    reports = state_.reports;
    if (state_.watchers.empty()) {
      state_.ends->store(true, std::memory_order_release);
      ended = std::exchange(state_.thread, std::nullopt);
      state_.reports.reset();
    }
  }
  if (ended) ended->join();
  reports->flush();
}

loop_health watchdog::health(const handle& watcher) { return watcher->health(); }

}  // namespace regatta::internal
