// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/internal/executor_core.hpp"

#include <utility>
#include <vector>

#include "harness/executor/errors.hpp"

namespace regatta::internal {
namespace {

struct belonging {
  const executor_core* core = nullptr;
  bool publishes_alone = false;
};
thread_local belonging this_thread;

}  // namespace

void executor_core::add(call& fresh) {
  const std::lock_guard lock(mutex_);
  if (shut_down_) {
    throw executor_shut_down("submit() after shutdown(): this executor takes no more calls");
  }
  ++unfinished_;
  fresh.next_ = first_pending_;
  if (first_pending_ != nullptr) first_pending_->previous_ = &fresh;
  first_pending_ = &fresh;
}

void executor_core::unlink(call& known) {
  (known.previous_ != nullptr ? known.previous_->next_ : first_pending_) = known.next_;
  if (known.next_ != nullptr) known.next_->previous_ = known.previous_;
  known.previous_ = known.next_ = nullptr;
}

void executor_core::no_longer_pending(call& begun) {
  const std::lock_guard lock(mutex_);
  unlink(begun);
}

void executor_core::take_back(call& refused) {
  if (!refused.begin()) return;  // it was cancelled, by a shutdown() beside us
  one_finished();
}

void executor_core::one_finished() {
  // Notified under the lock: once it is seen, this thread is done with the executor.
  const std::lock_guard lock(mutex_);
  if (--unfinished_ == 0) idle_.notify_all();
}

void executor_core::shut_down() {
  const std::lock_guard lock(mutex_);
  shut_down_ = true;
}

bool executor_core::is_shut_down() const {
  const std::lock_guard lock(mutex_);
  return shut_down_;
}

void executor_core::cancel_pending() {
  std::vector<std::shared_ptr<call>> pending;
  {
    const std::lock_guard lock(mutex_);
    for (call* each = first_pending_; each != nullptr; each = each->next_) {
      // Empty if its last owner is just leaving it; nobody is there who could miss it.
      if (auto alive = each->weak_from_this().lock()) pending.push_back(std::move(alive));
    }
  }
  for (auto each = pending.rbegin(); each != pending.rend(); ++each) (*each)->cancel();
}

void executor_core::wait_until_all_finished() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return unfinished_ == 0; });
}

bool executor_core::is_here() const { return this_thread.core == this; }
bool executor_core::only_this_thread_publishes() const {
  return is_here() && this_thread.publishes_alone;
}

executor_thread::executor_thread(const executor_core& core, bool publishes_alone)
    : before_(this_thread.core), alone_before_(this_thread.publishes_alone) {
  const bool known = before_ == &core && alone_before_;  // a call on its executor's only loop
  this_thread = {&core, publishes_alone || known};
}

executor_thread::~executor_thread() { this_thread = {before_, alone_before_}; }

}  // namespace regatta::internal
