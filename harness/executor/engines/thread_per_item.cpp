// SPDX-License-Identifier: Apache-2.0
#include <deque>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "harness/executor/internal/engines.hpp"

namespace regatta::internal {
namespace {

// The thread that has done its call starts that of the next one, if there are as many as may be.
class thread_per_item_engine final : public engine {
 public:
  explicit thread_per_item_engine(unsigned most) : most_(most) {}

  ~thread_per_item_engine() override {
    // Every call has finished, so the threads are on their way out.
    std::unique_lock lock(mutex_);
    closing_ = true;
    while (!threads_.empty()) {
      std::jthread last = std::move(threads_.front());
      threads_.pop_front();
      lock.unlock();
      last.join();
      lock.lock();
    }
  }

  void submit(std::shared_ptr<call> work) override {
    const std::lock_guard lock(mutex_);
    join_ended();
    if (most_ != 0 && running_ == most_) {
      waiting_.push_back(std::move(work));
      return;
    }
    try {
      start(work);
    } catch (const std::system_error&) {
      if (running_ == 0) throw;
      waiting_.push_back(std::move(work));  // no room for one more: when the next one ends
    }
  }

 private:
  using thread_list = std::list<std::jthread>;

  // Under the lock.
  void start(std::shared_ptr<call> work) {
    const auto place = threads_.emplace(threads_.end());
    try {
      *place = std::jthread([this, place, work = std::move(work)]() mutable {
        work->run();
        work.reset();
        end(place);
      });
    } catch (...) {
      threads_.erase(place);
      throw;
    }
    ++running_;
  }

  void end(thread_list::iterator self) {
    std::vector<std::shared_ptr<call>> impossible;  // failed outside of the lock: callbacks submit
    std::exception_ptr why;
    {
      const std::lock_guard lock(mutex_);
      --running_;
      while (!waiting_.empty()) {
        const std::shared_ptr<call> next = std::move(waiting_.front());
        waiting_.pop_front();
        if (next->finished()) continue;  // cancelled
        try {
          start(next);
          break;
        } catch (const std::system_error&) {
          if (running_ != 0) {
            waiting_.push_front(next);
            break;
          }
          why = std::current_exception();
          impossible.push_back(next);
        }
      }
      if (!closing_) ended_.push_back(self);
    }
    for (const auto& each : impossible) {
      if (each->begin()) each->fail(why);
    }
  }

  // Under the lock. A thread cannot join itself, so the next submit() does it; what it ends up
  // waiting for are a thread's last instructions.
  void join_ended() {
    for (const auto each : std::exchange(ended_, {})) threads_.erase(each);
  }

  const unsigned most_;
  std::mutex mutex_;
  thread_list threads_;
  std::vector<thread_list::iterator> ended_;
  std::deque<std::shared_ptr<call>> waiting_;
  unsigned running_ = 0;
  bool closing_ = false;
};

}  // namespace

std::unique_ptr<engine> make_thread_per_item_engine(executor_core&,
                                                    const executor_options& options) {
  return std::make_unique<thread_per_item_engine>(options.workers);
}

}  // namespace regatta::internal
