// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/wait.hpp"

#include <utility>

namespace regatta::internal {
namespace {

bool threw(const call& finished) {
  return finished.status() == call_status::done && finished.error() != nullptr;
}

// Held by the notes in the calls, too: one may be about to run when the waiter has left.
struct countdown {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t left = 0;
  bool enough = false;

  void one(const call& finished, return_when until) {
    const bool stops = until == return_when::first_completed ||
                       (until == return_when::first_exception && threw(finished));
    const std::lock_guard lock(mutex);
    --left;
    enough = enough || stops || left == 0;
    if (enough) changed.notify_all();
  }
};

// The notes of a wait, taken back when it ends.
class scoped_notes {
 public:
  scoped_notes() = default;
  scoped_notes(const scoped_notes&) = delete;
  scoped_notes& operator=(const scoped_notes&) = delete;
  ~scoped_notes() {
    for (const auto& [of, note] : notes_) of->forget(note);
  }
  void add(call& of, std::function<void()> note) {
    if (const auto number = of.when_finished(std::move(note))) notes_.emplace_back(&of, number);
  }

 private:
  std::vector<std::pair<call*, std::uint64_t>> notes_;
};

bool enough_already(std::span<const std::shared_ptr<call>> calls, return_when until) {
  bool all = true;
  for (const auto& each : calls) {
    if (!each->finished()) {
      all = false;
    } else if (until == return_when::first_completed ||
               (until == return_when::first_exception && threw(*each))) {
      return true;
    }
  }
  return all;
}

}  // namespace

void wait_for_calls(std::span<const std::shared_ptr<call>> calls, return_when until,
                    time_limit limit) {
  if (enough_already(calls, until)) return;
  if (!limit) {
    for (const auto& each : calls) {
      if (each->help() && enough_already(calls, until)) return;
    }
  }
  const auto state = std::make_shared<countdown>();
  state->left = calls.size();
  scoped_notes notes;
  for (const auto& each : calls) {
    notes.add(*each, [state, until, watched = each.get()] { state->one(*watched, until); });
  }
  std::unique_lock lock(state->mutex);
  const auto over = [&] { return state->enough || state->left == 0; };
  if (limit) {
    state->changed.wait_until(lock, *limit, over);
  } else {
    state->changed.wait(lock, over);
  }
}

}  // namespace regatta::internal
