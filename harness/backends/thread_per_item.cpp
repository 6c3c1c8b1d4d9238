// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/resource.h>

#include <condition_variable>
#include <fstream>
#include <mutex>
#include <system_error>
#include <thread>

#include "harness/load/serve_items.hpp"

namespace regatta {
namespace {

// A new thread for each item, in_flight of them at a time: no pool to size, 30 µs a thread to pay.
class thread_per_item final : public backend {
 public:
  explicit thread_per_item(const backend_setup& setup)
      : workload_(setup.workload), slots_(setup.in_flight), runtime_(environment_of(setup)) {}

  void run(epoch& slice) override {
    std::vector<recorder*> free(slots_);
    for (recorder*& each : free) each = &slice.new_recorder();
    free_ = std::move(free);
    for (;;) {
      recorder* const notes = take_slot();
      const auto which = slice.claim();
      if (!which) {
        give_back(notes);
        break;
      }
      std::this_thread::sleep_until(which->due);
      try {
        // Detached: the slot given back is what is waited for, not the thread's last instructions.
        std::thread([this, which = *which, notes] {
          serve_one(which, *notes, workload_, runtime_);
          give_back(notes);
        }).detach();
      } catch (const std::system_error& error) {
        notes->failed(*which, fmt::format("cannot start a thread: {}", error.what()));
        give_back(notes);
      }
    }
    std::unique_lock lock(mutex_);
    freed_.wait(lock, [this] { return free_.size() == slots_; });
  }

  backend_facts facts() const override { return {.workers = slots_, .capacity = slots_}; }

 private:
  recorder* take_slot() {
    std::unique_lock lock(mutex_);
    freed_.wait(lock, [this] { return !free_.empty(); });
    recorder* const slot = free_.back();
    free_.pop_back();
    return slot;
  }
  void give_back(recorder* slot) {
    // Notified under the lock: the last thread must be done with us when run() sees all slots.
    const std::lock_guard lock(mutex_);
    free_.push_back(slot);
    freed_.notify_one();
  }

  const workload_instance& workload_;
  const unsigned slots_;
  blocking_runtime runtime_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<recorder*> free_;
};

// How many threads this user may still have; a generous guess where nobody says.
std::uint64_t thread_limit() {
  std::uint64_t limit = 1U << 20U;
  rlimit processes{};
  if (::getrlimit(RLIMIT_NPROC, &processes) == 0 && processes.rlim_cur != RLIM_INFINITY) {
    limit = std::min<std::uint64_t>(limit, processes.rlim_cur);
  }
  std::uint64_t system_wide = 0;
  if (std::ifstream("/proc/sys/kernel/threads-max") >> system_wide) {
    limit = std::min(limit, system_wide);
  }
  return limit;
}

const backend_registration thread_per_item_registered({
    .info = {.name = "thread-per-item",
             .summary = "a new thread for every item, no pool",
             .complexity = 1},
    .start = [](const backend_setup& setup) -> backend_or_unavailable {
      const std::uint64_t limit = thread_limit();
      if (setup.in_flight > limit / 2) {
        return unavailable{
            fmt::format("{} threads at once are more than half of the {} allowed here",
                        setup.in_flight, limit)};
      }
      return std::make_unique<thread_per_item>(setup);
    },
});

}  // namespace
}  // namespace regatta
