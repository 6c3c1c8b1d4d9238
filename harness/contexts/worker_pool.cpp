// SPDX-License-Identifier: Apache-2.0
#include "harness/contexts/worker_pool.hpp"

#include "harness/platform/affinity.hpp"

namespace regatta {

worker_pool::worker_pool(unsigned workers, std::span<const int> cpus) {
  for (unsigned i = 0; i < workers; ++i) {
    const int cpu = cpus.empty() ? -1 : cpus[i % cpus.size()];
    workers_.emplace_back([this, cpu] {
      if (cpu >= 0) pin_this_thread(cpu);
      serve();
    });
  }
}

worker_pool::~worker_pool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
}

void worker_pool::submit(job& work) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    work.next_ = nullptr;
    (first_ == nullptr ? first_ : last_->next_) = &work;
    last_ = &work;
    wake = sleepers_ > 0;
  }
  if (wake) wake_.notify_one();
}

void worker_pool::serve() {
  std::unique_lock lock(mutex_);
  for (;;) {
    while (first_ == nullptr && !stopping_) {
      ++sleepers_;
      wake_.wait(lock);
      --sleepers_;
    }
    if (first_ == nullptr) return;
    job& work = *first_;
    first_ = work.next_;
    lock.unlock();
    work.run();
    lock.lock();
  }
}

}  // namespace regatta
