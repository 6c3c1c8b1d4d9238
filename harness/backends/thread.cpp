// SPDX-License-Identifier: Apache-2.0
#include <condition_variable>
#include <mutex>
#include <thread>

#include "harness/load/serve_items.hpp"
#include "harness/platform/affinity.hpp"

namespace regatta {
namespace {

// A pool whose threads pull items themselves: no queue, no dispatcher, one atomic add an item.
class thread_pool final : public backend {
 public:
  explicit thread_pool(const backend_setup& setup)
      : workload_(setup.workload),
        runtime_(environment_of(setup)),
        pins_(pins_for(setup, blocking_workers(setup, "workers"))) {
    const unsigned workers = blocking_workers(setup, "workers");
    for (unsigned i = 0; i < workers; ++i) {
      threads_.emplace_back([this, cpu = pins_.empty() ? -1 : pins_[i]] {
        if (cpu >= 0) pin_this_thread(cpu);
        serve();
      });
    }
  }

  ~thread_pool() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    begin_.notify_all();
  }

  void run(epoch& slice) override {
    std::unique_lock lock(mutex_);
    slice_ = &slice;
    ++round_;
    // In a closed loop no more than in_flight items may run at once, however many threads there
    // are.
    admitted_ = std::min<std::size_t>(threads_.size(), slice.plan().in_flight);
    busy_ = threads_.size();
    begin_.notify_all();
    end_.wait(lock, [this] { return busy_ == 0; });
  }

  backend_facts facts() const override {
    const auto workers = static_cast<unsigned>(threads_.size());
    return {.workers = workers, .capacity = workers, .pinned = !pins_.empty()};
  }

 private:
  void serve() {
    std::unique_lock lock(mutex_);
    for (unsigned seen = 0;; seen = round_) {
      begin_.wait(lock, [&] { return stopping_ || round_ != seen; });
      if (stopping_) return;
      epoch& slice = *slice_;
      const bool admitted = admitted_ > 0;
      if (admitted) --admitted_;
      lock.unlock();
      if (admitted) serve_items(slice, workload_, runtime_);
      lock.lock();
      if (--busy_ == 0) end_.notify_one();
    }
  }

  const workload_instance& workload_;
  blocking_runtime runtime_;
  const std::vector<int> pins_;
  std::mutex mutex_;
  std::condition_variable begin_;
  std::condition_variable end_;
  epoch* slice_ = nullptr;
  unsigned round_ = 0;
  std::size_t admitted_ = 0;
  std::size_t busy_ = 0;
  bool stopping_ = false;
  std::vector<std::jthread> threads_;
};

const backend_registration thread_registered({
    .info = {.name = "thread",
             .summary = "a pool of threads, each runs one item at a time and blocks",
             .complexity = 2,
             .options = {{"workers", "auto",
                          "threads; auto: usable CPUs, or up to 32 for waiting work"}}},
    .start = [](const backend_setup& setup) -> backend_or_unavailable {
      return std::make_unique<thread_pool>(setup);
    },
});

}  // namespace
}  // namespace regatta
