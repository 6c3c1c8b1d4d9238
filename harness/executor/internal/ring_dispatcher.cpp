// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/internal/ring_dispatcher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <stdexcept>
#include <utility>

#include "harness/executor/errors.hpp"
#include "harness/process/patient_wait.hpp"
#include "harness/process/worker_protocol.hpp"

namespace regatta::internal {
namespace {

using namespace std::chrono_literals;

// How long to sleep, while calls are out, before looking whether their workers still live.
constexpr std::chrono::nanoseconds patience = 20ms;

}  // namespace

ring_dispatcher::ring_dispatcher(const executor_core& core, const process_options& options)
    : core_(core),
      options_(options),
      rings_({.workers = options.workers,
              .slots = 1 + options.prefetch,
              .slot_bytes = options.max_message_bytes}),
      workers_(options.workers) {
  std::promise<void> started;
  auto ready = started.get_future();
  // The processes are this thread's: they die with the thread that made them.
  thread_ = std::jthread([this, started = std::move(started)]() mutable {
    const executor_thread here(core_, true);
    try {
      if (options_.method == start_method::forkserver) {
        server_ = std::make_unique<fork_server>(start_method::spawn);
      }
      for (unsigned i = 0; i < workers_.size(); ++i) start(i);
      started.set_value();
      dispatch();
    } catch (...) {
      started.set_exception(std::current_exception());  // dispatch() throws nothing
    }
    for (worker& each : workers_) kill_and_reap(each.pid);
    server_.reset();
  });
  ready.get();
}

ring_dispatcher::~ring_dispatcher() {
  stopping_.store(true, std::memory_order_seq_cst);  // see parking_spot
  rings_.dispatcher_spot().wake();
}

void ring_dispatcher::push(std::shared_ptr<call> work) {
  if (const std::size_t size = work->message().input.size(); size > rings_.shape().slot_bytes) {
    throw cannot_travel(
        fmt::format("the arguments take {} bytes, and a message in shared memory holds {}: see "
                    "executor_options::max_message_bytes",
                    size, rings_.shape().slot_bytes));
  }
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(work));
    waiting_count_.store(waiting_.size(), std::memory_order_seq_cst);  // see parking_spot
  }
  rings_.dispatcher_spot().wake();
}

void ring_dispatcher::dispatch() {
  auto checked = std::chrono::steady_clock::now();
  for (;;) {
    bool any = false;
    for (unsigned i = 0; i < workers_.size(); ++i) any = collect(i) || any;
    feed();
    if (any) continue;
    if (calls_out() == 0 && stopping_.load(std::memory_order_seq_cst)) return;
    sleep();
    if (const auto now = std::chrono::steady_clock::now(); now - checked > patience) {
      checked = now;
      bury_the_dead();
    }
  }
}

void ring_dispatcher::sleep() {
  const bool room = workers_[least_loaded()].out.size() < rings_.shape().slots;
  const std::size_t out = calls_out();
  const auto something_to_do = [&] {
    if (room && waiting_count_.load(std::memory_order_seq_cst) > 0) return true;
    if (stopping_.load(std::memory_order_seq_cst)) return true;
    for (unsigned i = 0; i < workers_.size(); ++i) {
      if (!rings_.box(i).replies.empty()) return true;
    }
    return false;
  };
  patient_wait(something_to_do, rings_.dispatcher_spot(), 0us, out == 0 ? 10s : patience);
}

void ring_dispatcher::start(unsigned index) {
  rings_.clear(index);
  worker& fresh = workers_[index];
  fresh.answered = 0;
  fresh.free_slots.clear();
  for (unsigned slot = rings_.shape().slots; slot > 0; --slot) fresh.free_slots.push_back(slot - 1);
  auto [pid, life] = start_ring_worker({.method = options_.method,
                                        .server = server_.get(),
                                        .rings = rings_.file(),
                                        .shape = rings_.shape(),
                                        .index = index});
  fresh.pid = pid;
  fresh.life = std::move(life);
}

bool ring_dispatcher::collect(unsigned index) {
  worker& from = workers_[index];
  kernel_rings::mailbox& box = rings_.box(index);
  bool any = false;
  while (const kernel_rings::reply* const front = box.replies.front()) {
    const kernel_rings::reply reply = *front;
    box.replies.pop();
    any = true;
    ++from.answered;
    const std::shared_ptr<call> work = std::move(from.out.front().work);
    from.out.pop_front();
    const bytes_view bytes = bytes_view(rings_.slot(index, reply.slot)).first(reply.size);
    if (reply.failed != 0) {
      const std::string text(as_text(bytes));
      from.free_slots.push_back(reply.slot);
      work->fail(std::make_exception_ptr(std::runtime_error(text)));
      continue;
    }
    const bool large = std::max(bytes.size(), work->message().input.size()) > (1U << 20U);
    work->accept(bytes);
    if (large) rings_.release_pages(index, reply.slot);
    from.free_slots.push_back(reply.slot);
    feed();  // the worker goes on while callbacks run
    work->publish();
  }
  return any;
}

std::shared_ptr<call> ring_dispatcher::take() {
  if (!again_.empty()) {
    std::shared_ptr<call> first = std::move(again_.front());
    again_.pop_front();
    return first;
  }
  for (;;) {
    std::shared_ptr<call> first;
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.empty()) return nullptr;
      first = std::move(waiting_.front());
      waiting_.pop_front();
      waiting_count_.store(waiting_.size(), std::memory_order_seq_cst);
    }
    if (first->begin()) return first;
  }
}

void ring_dispatcher::feed() {
  for (;;) {
    const unsigned least = least_loaded();
    if (workers_[least].pid < 0 || workers_[least].free_slots.empty()) return;
    std::shared_ptr<call> next = take();
    if (next == nullptr) return;
    send(least, std::move(next));
  }
}

void ring_dispatcher::send(unsigned index, std::shared_ptr<call> work) {
  worker& to = workers_[index];
  const travelling_call& message = work->message();
  const std::uint64_t slot = to.free_slots.back();
  to.free_slots.pop_back();
  std::copy(message.input.begin(), message.input.end(), rings_.slot(index, slot).begin());
  to.out.push_back({std::move(work), slot});
  kernel_rings::mailbox& box = rings_.box(index);
  box.requests.push({kernel_offset(message.work), message.input.size(), slot});
  box.worker_spot.wake();
}

// Of those alive, if there are any.
unsigned ring_dispatcher::least_loaded() const {
  const auto least =
      std::min_element(workers_.begin(), workers_.end(), [](const worker& a, const worker& b) {
        return std::pair(a.pid < 0, a.out.size()) < std::pair(b.pid < 0, b.out.size());
      });
  return static_cast<unsigned>(least - workers_.begin());
}

std::size_t ring_dispatcher::calls_out() const {
  std::size_t out = again_.size();
  for (const worker& each : workers_) out += each.out.size();
  return out;
}

void ring_dispatcher::bury_the_dead() {
  std::string why;
  for (unsigned i = 0; i < workers_.size(); ++i) {
    if (workers_[i].pid > 0) {
      if (const auto status = wait_child(workers_[i].pid, false)) bury(i, *status);
    }
    if (workers_[i].pid > 0) continue;
    try {
      start(i);
    } catch (const std::exception& error) {
      why = error.what();
    }
  }
  const bool none = std::all_of(workers_.begin(), workers_.end(),
                                [](const worker& each) { return each.pid < 0; });
  if (none) give_up_calls("no worker process is left, and none could be started: " + why);
}

// The call the worker was at is lost, those behind it are for others.
void ring_dispatcher::bury(unsigned index, const exit_status& status) {
  collect(index);
  worker& dead = workers_[index];
  const std::string how = fmt::format("worker process {} {}", dead.pid, status.describe());
  dead.pid = -1;
  dead.life.reset();
  std::deque<sent_call> out = std::exchange(dead.out, {});
  std::shared_ptr<call> lost;
  if (!out.empty() && rings_.box(index).begun.load(std::memory_order_relaxed) > dead.answered) {
    lost = std::move(out.front().work);
    out.pop_front();
  }
  for (sent_call& each : out) again_.push_back(std::move(each.work));
  if (lost != nullptr) lost->fail(died_over(how));
}

void ring_dispatcher::give_up_calls(const std::string& why) {
  while (const std::shared_ptr<call> next = take()) {
    next->fail(std::make_exception_ptr(broken_executor(why)));
  }
}

}  // namespace regatta::internal
