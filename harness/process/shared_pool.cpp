// SPDX-License-Identifier: Apache-2.0
#include "harness/process/shared_pool.hpp"

#include <fmt/format.h>
#include <linux/close_range.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <system_error>

#include "harness/interpreter/interpreter.hpp"
#include "harness/load/serve_items.hpp"
#include "harness/platform/affinity.hpp"
#include "harness/platform/child_process.hpp"
#include "harness/process/patient_wait.hpp"

namespace regatta {
namespace {

using namespace std::chrono_literals;

// How long a sleeper sleeps before it looks whether the others still live.
constexpr std::chrono::nanoseconds patience = 20ms;

constexpr std::size_t line = 128;
constexpr std::size_t rounded(std::size_t size) { return (size + line - 1) / line * line; }

}  // namespace

shared_pool::shared_pool(const backend_setup& setup, unsigned workers, std::vector<int> pins,
                         std::chrono::nanoseconds spin)
    : setup_(setup),
      spin_(spin),
      slot_bytes_(rounded(std::max<std::size_t>(setup.max_answer_bytes, 4096))) {
  const std::size_t box = rounded(sizeof(mailbox));
  const std::size_t each = box + depth * slot_bytes_;
  memory_ = shared_mapping(rounded(sizeof(parking_spot)) + workers * each);
  std::byte* at = memory_.bytes().data();
  dispatcher_spot_ = new (at) parking_spot();
  at += rounded(sizeof(parking_spot));
  for (unsigned i = 0; i < workers; ++i) {
    worker fresh;
    fresh.cpu = pins.empty() ? -1 : pins[i];
    fresh.box = reinterpret_cast<mailbox*>(at);
    fresh.slab = {at + box, depth * slot_bytes_};
    workers_.push_back(std::move(fresh));
    at += each;
  }
  for (worker& one : workers_) start(one);
}

shared_pool::~shared_pool() {
  for (worker& each : workers_) kill_and_reap(each.pid);
}

void shared_pool::start(worker& each) {
  new (each.box) mailbox();
  each.next_slot = 0;
  each.answered = 0;
  const pid_t self = ::getpid();
  each.pid = ::fork();
  if (each.pid < 0) {
    throw std::system_error(errno, std::generic_category(), "forking a worker process");
  }
  if (each.pid == 0) {
    die_with_parent(self);
    ::syscall(SYS_close_range, 3, ~0U, 0);
    if (each.cpu >= 0) pin_this_thread(each.cpu);
    serve(each, self);
  }
}

void shared_pool::serve(const worker& self, pid_t parent) const {
  blocking_runtime runtime(environment_of(setup_));
  mailbox& box = *self.box;
  for (;;) {
    const request* const next = box.requests.front();
    if (next == nullptr) {
      patient_wait([&] { return !box.requests.empty(); }, box.worker_spot, spin_, 1s);
      if (::getppid() != parent) ::_exit(0);
      continue;
    }
    box.begun.fetch_add(1, std::memory_order_relaxed);
    reply answer{0, 0, next->slot};
    buffer bytes;
    try {
      const interpreter::section python;
      blocking_context context(runtime);
      bytes = setup_.workload
                  .run(context, item{next->index, setup_.dataset.subspan(next->offset, next->size)})
                  .get();
      if (bytes.size() > slot_bytes_) {
        throw std::length_error(fmt::format("an answer of {} bytes, the reference's longest was {}",
                                            bytes.size(), setup_.max_answer_bytes));
      }
    } catch (const std::exception& error) {
      answer.failed = 1;
      bytes = to_buffer(std::string_view(error.what()).substr(0, slot_bytes_));
    }
    std::copy(bytes.begin(), bytes.end(), self.slab.begin() + next->slot * slot_bytes_);
    answer.size = bytes.size();
    box.requests.pop();
    box.replies.push(answer);  // never full: no more than depth are out
    dispatcher_spot_->wake();
  }
}

bool shared_pool::send(worker& to, const ticket& which) {
  // Not the ring's own limit: a slot of the slab is free only when its answer was collected.
  if (to.out.size() >= depth) return false;
  const bytes_view input = setup_.workload.input(which.index);
  const auto offset = static_cast<std::uint64_t>(input.data() - setup_.dataset.data());
  if (!to.box->requests.push({which.index, offset, input.size(), to.next_slot})) return false;
  to.next_slot = (to.next_slot + 1) % depth;
  to.out.push_back(which);
  descriptor_bytes_ += sizeof(request);
  to.box->worker_spot.wake();
  return true;
}

std::size_t shared_pool::collect(worker& from, recorder& notes) {
  std::size_t count = 0;
  while (const reply* const next = from.box->replies.front()) {
    const bytes_view bytes = bytes_view(from.slab).subspan(next->slot * slot_bytes_, next->size);
    if (next->failed != 0) {
      notes.failed(from.out.front(), as_text(bytes));
    } else {
      notes.answered(from.out.front(), bytes);
    }
    descriptor_bytes_ += sizeof(reply);
    answer_bytes_ += bytes.size();
    from.out.pop_front();
    from.box->replies.pop();
    ++from.answered;
    ++count;
  }
  return count;
}

// The item the worker was at is lost, those behind it are sent to others.
void shared_pool::bury(worker& dead, const exit_status& status, recorder& notes) {
  collect(dead, notes);
  ++lost_;
  if (!dead.out.empty() && dead.box->begun.load(std::memory_order_relaxed) > dead.answered) {
    notes.failed(dead.out.front(),
                 fmt::format("worker process {} {}", dead.pid, status.describe()));
    dead.out.pop_front();
  }
  resend_.insert(resend_.end(), dead.out.begin(), dead.out.end());
  dead.out.clear();
  start(dead);
}

void shared_pool::check_workers(recorder& notes) {
  for (worker& each : workers_) {
    if (const auto status = wait_child(each.pid, false)) bury(each, *status, notes);
  }
}

shared_pool::worker& shared_pool::least_loaded() {
  return *std::min_element(workers_.begin(), workers_.end(), [](const auto& a, const auto& b) {
    return a.out.size() < b.out.size();
  });
}

void shared_pool::run(epoch& slice, unsigned outstanding) {
  recorder& notes = slice.new_recorder();
  check_workers(notes);        // one may have died since the last epoch
  std::optional<ticket> next;  // claimed, not sent yet
  bool more = true;
  std::size_t out = 0;
  auto checked = steady_clock::now();
  for (;;) {
    for (worker& each : workers_) out -= collect(each, notes);
    while (out < outstanding) {
      if (!resend_.empty()) {
        if (!send(least_loaded(), resend_.front())) break;
        resend_.pop_front();
      } else {
        if (!next && more) {
          next = slice.claim();
          more = next.has_value();
        }
        if (!next || next->due > steady_clock::now() || !send(least_loaded(), *next)) break;
        next.reset();
      }
      ++out;
    }
    if (out == 0 && !more && !next && resend_.empty()) return;

    auto timeout = patience;
    if (next && out < outstanding) {
      timeout = std::min<std::chrono::nanoseconds>(timeout, next->due - steady_clock::now());
    }
    const auto any_reply = [&] {
      return std::any_of(workers_.begin(), workers_.end(),
                         [](const worker& each) { return !each.box->replies.empty(); });
    };
    patient_wait(any_reply, *dispatcher_spot_, spin_, timeout);
    if (const auto now = steady_clock::now(); now - checked > patience) {
      checked = now;
      check_workers(notes);
      out = 0;
      for (const worker& each : workers_) out += each.out.size();
    }
  }
}

void shared_pool::add_facts(backend_facts& facts) const {
  facts.workers += static_cast<unsigned>(workers_.size());
  facts.bytes_serialised += descriptor_bytes_;
  facts.bytes_copied += answer_bytes_;
  facts.workers_lost += lost_;
}

}  // namespace regatta
