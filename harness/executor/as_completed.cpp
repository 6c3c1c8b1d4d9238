// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/as_completed.hpp"

#include <fmt/format.h>

#include <deque>

namespace regatta::internal {

struct arrivals::shared_queue {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::size_t> arrived;

  void add(std::size_t index) {
    const std::lock_guard lock(mutex);
    arrived.push_back(index);
    changed.notify_one();
  }
};

arrivals::arrivals(std::vector<std::shared_ptr<call>> calls, time_limit limit)
    : calls_(std::move(calls)), limit_(limit), queue_(std::make_shared<shared_queue>()) {
  for (std::size_t i = 0; i < calls_.size(); ++i) {
    notes_.push_back(calls_[i]->when_finished([queue = queue_, i] { queue->add(i); }));
  }
}

arrivals::~arrivals() {
  for (std::size_t i = 0; i < calls_.size(); ++i) {
    if (notes_[i] != 0) calls_[i]->forget(notes_[i]);
  }
}

std::optional<std::size_t> arrivals::next() {
  if (answered_ == calls_.size()) return std::nullopt;
  const auto some = [this] { return !queue_->arrived.empty(); };
  if (!limit_) {  // on a thread of the same executor: see call::wait
    for (const auto& each : calls_) {
      {
        const std::lock_guard lock(queue_->mutex);
        if (some()) break;
      }
      if (!each->help()) break;
    }
  }
  std::unique_lock lock(queue_->mutex);
  if (!limit_) {
    queue_->changed.wait(lock, some);
  } else if (!queue_->changed.wait_until(lock, *limit_, some)) {
    throw timeout_error(fmt::format("{} of {} futures had not finished when the time was up",
                                    calls_.size() - answered_, calls_.size()));
  }
  ++answered_;
  const std::size_t index = queue_->arrived.front();
  queue_->arrived.pop_front();
  return index;
}

}  // namespace regatta::internal
