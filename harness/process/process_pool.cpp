// SPDX-License-Identifier: Apache-2.0
#include "harness/process/process_pool.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <deque>

#include "harness/platform/child_process.hpp"
#include "harness/process/worker_protocol.hpp"

namespace regatta {

namespace asio = boost::asio;
using asio::local::stream_protocol;
using error_code = boost::system::error_code;

namespace {

// A request under way. Lives in the frame of the coroutine that waits for it.
struct pending_call {
  message_header head;
  std::span<const item> items;  // to write the message, again if need be
  std::vector<remote_answer> answers;
  std::coroutine_handle<> caller;
};

struct worker_link {
  worker_link(asio::io_context& io, started_worker started, int cpu_in)
      : pid(started.pid),
        cpu(cpu_in),
        page(std::move(started.page)),
        socket(io, stream_protocol(), started.socket.release()) {
    socket.non_blocking(true);
  }
  const worker_progress& progress() const {
    return *reinterpret_cast<const worker_progress*>(page.bytes().data());
  }
  pid_t pid;
  int cpu;
  shared_mapping page;
  stream_protocol::socket socket;
  buffer outgoing;  // gathers while `writing` is under way
  buffer writing;
  bool write_active = false;
  bool read_active = false;
  std::vector<std::byte> incoming = std::vector<std::byte>(64U << 10U);
  std::size_t filled = 0;
  std::deque<pending_call*> calls;
  std::uint64_t answered = 0;  // calls before the front one
};

void append_message(buffer& out, const pending_call& call) {
  append(out, call.head);
  for (const item& each : call.items) append(out, item_head{each.index, each.input.size()});
  for (const item& each : call.items) {
    append(out, each.input);
    out.resize(out.size() + padded(each.input.size()) - each.input.size());
  }
}

message_header head_for(message_kind kind, std::uint64_t argument, std::span<const item> items) {
  std::uint64_t size = items.size() * sizeof(item_head);
  for (const item& each : items) size += padded(each.input.size());
  return {.kind = kind,
          .count = static_cast<std::uint32_t>(items.size()),
          .argument = argument,
          .size = size};
}

std::vector<remote_answer> parse_answers(std::uint32_t count, bytes_view body) {
  std::vector<remote_answer> answers(count);
  bytes_view bodies = body.subspan(count * sizeof(answer_head));
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto head = read_as<answer_head>(body.subspan(i * sizeof(answer_head)));
    answers[i].outcome =
        head.failed != 0 ? remote_answer::fate::threw : remote_answer::fate::answered;
    answers[i].bytes = to_buffer(bodies.first(head.size));
    bodies = bodies.subspan(head.size);
  }
  return answers;
}

}  // namespace

struct process_pool::state {
  event_loop& loop;
  const backend_setup& setup;
  const start_method method;
  std::vector<std::unique_ptr<worker_link>> workers;
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t startup_bytes = 0;
  std::uint64_t lost = 0;

  std::unique_ptr<worker_link> start(int cpu) {
    started_worker started = start_worker(method, setup, cpu);
    startup_bytes += started.dataset_bytes_sent;
    return std::make_unique<worker_link>(loop.io(), std::move(started), cpu);
  }

  void send(pending_call& call) {
    const auto least = std::min_element(
        workers.begin(), workers.end(),
        [](const auto& a, const auto& b) { return a->calls.size() < b->calls.size(); });
    enqueue(**least, call);
  }

  void enqueue(worker_link& link, pending_call& call) {
    const std::size_t before = link.outgoing.size();
    append_message(link.outgoing, call);
    sent += link.outgoing.size() - before;
    link.calls.push_back(&call);
    write(link);
    read(link);
  }

  void write(worker_link& link) {
    if (link.write_active || link.outgoing.empty()) return;
    link.write_active = true;
    link.writing.clear();
    std::swap(link.writing, link.outgoing);
    asio::async_write(link.socket, asio::buffer(link.writing),
                      [this, &link](error_code error, std::size_t) {
                        link.write_active = false;
                        // A dead worker is noticed by the reader, which sees the end of the stream.
                        if (!error) write(link);
                        release_if_dead(link);
                      });
  }

  void read(worker_link& link) {
    if (link.read_active || link.calls.empty()) return;
    link.read_active = true;
    link.socket.async_read_some(
        asio::buffer(link.incoming.data() + link.filled, link.incoming.size() - link.filled),
        [this, &link](error_code error, std::size_t got) {
          link.read_active = false;
          if (error) return replace(link);
          link.filled += got;
          received += got;
          deliver(link);
          read(link);
        });
  }

  void deliver(worker_link& link) {
    std::size_t at = 0;
    for (;;) {
      const bytes_view rest(link.incoming.data() + at, link.filled - at);
      if (rest.size() < sizeof(message_header)) break;
      const auto head = read_as<message_header>(rest);
      const std::size_t whole = sizeof(head) + head.size;
      if (rest.size() < whole) {
        if (link.incoming.size() < whole) link.incoming.resize(whole + (64U << 10U));
        break;
      }
      pending_call& call = *link.calls.front();
      link.calls.pop_front();
      ++link.answered;
      call.answers = parse_answers(
          head.count,
          bytes_view(link.incoming.data() + at, link.filled - at).subspan(sizeof(head), head.size));
      loop.post(call.caller);
      at += whole;
    }
    std::memmove(link.incoming.data(), link.incoming.data() + at, link.filled - at);
    link.filled -= at;
    if (link.filled == link.incoming.size()) link.incoming.resize(link.incoming.size() * 2);
  }

  void fail(pending_call& call, const std::string& why) {
    call.answers.assign(call.items.size(), {remote_answer::fate::lost, to_buffer(why)});
    loop.post(call.caller);
  }

  // The worker is gone. What it died over is lost; what it had not begun, or had finished without
  // getting the answer out, is sent again.
  void replace(worker_link& dead) {
    ++lost;
    const exit_status status = wait_child(dead.pid, true).value_or(exit_status{});
    const std::string why = fmt::format("worker process {} {}", dead.pid, status.describe());
    const std::uint64_t begun = dead.progress().begun.load(std::memory_order_relaxed);
    const std::uint64_t finished = dead.progress().finished.load(std::memory_order_relaxed);
    std::deque<pending_call*> calls = std::move(dead.calls);
    dead.calls.clear();
    dead.pid = -1;
    if (begun > finished && finished - dead.answered < calls.size()) {
      const auto fatal = calls.begin() + static_cast<std::ptrdiff_t>(finished - dead.answered);
      fail(**fatal, why);
      calls.erase(fatal);
    }
    const auto place = std::find_if(workers.begin(), workers.end(),
                                    [&](const auto& each) { return each.get() == &dead; });
    graveyard.push_back(std::move(*place));
    try {
      *place = start(dead.cpu);
      for (pending_call* call : calls) enqueue(**place, *call);
    } catch (const std::exception& error) {
      const std::string both = why + ", and it could not be replaced: " + error.what();
      for (pending_call* call : calls) fail(*call, both);
      workers.erase(place);
      if (workers.empty()) broken = both;
    }
    release_if_dead(dead);
  }

  // After the last worker could not be replaced: what stood in the way may have gone.
  bool revive() {
    try {
      workers.push_back(start(-1));
      return true;
    } catch (const std::exception& error) {
      broken = std::string("there is no worker process left, and none could be started: ") +
               error.what();
      return false;
    }
  }

  // A dead link stays until its write, which may still be under way, has come back.
  void release_if_dead(worker_link& link) {
    if (link.pid != -1 || link.write_active) return;
    std::erase_if(graveyard, [&](const auto& each) { return each.get() == &link; });
  }

  std::vector<std::unique_ptr<worker_link>> graveyard = {};
  std::string broken = {};  // why there are no workers left

  async_task<std::vector<remote_answer>> call(message_header head, std::span<const item> items) {
    pending_call call{head, items, {}, nullptr};
    struct awaiter {
      state& pool;
      pending_call& call;
      bool await_ready() noexcept { return false; }
      void await_suspend(std::coroutine_handle<> caller) {
        call.caller = caller;
        if (pool.workers.empty() && !pool.revive()) {
          pool.fail(call, pool.broken);
        } else {
          pool.send(call);
        }
      }
      void await_resume() noexcept {}
    };
    co_await awaiter{*this, call};
    co_return std::move(call.answers);
  }
};

process_pool::process_pool(event_loop& loop, const backend_setup& setup, start_method method,
                           unsigned workers, std::vector<int> pins)
    : state_(new state{loop, setup, method, {}}) {
  for (unsigned i = 0; i < workers; ++i) {
    state_->workers.push_back(state_->start(pins.empty() ? -1 : pins[i]));
  }
}

process_pool::~process_pool() {
  for (const auto& worker : state_->workers) {
    kill_and_reap(worker->pid);
  }
}

async_task<std::vector<remote_answer>> process_pool::run_items(std::span<const item> items) {
  return state_->call(head_for(message_kind::items, 0, items), items);
}

async_task<remote_answer> process_pool::run_kernel(kernel work, bytes_view input) {
  const item only{0, input};
  const std::span<const item> items(&only, 1);
  auto answers =
      co_await state_->call(head_for(message_kind::kernel, kernel_offset(work), items), items);
  co_return std::move(answers.front());
}

void process_pool::add_facts(backend_facts& facts) const {
  facts.workers += static_cast<unsigned>(state_->workers.size());
  facts.bytes_serialised += state_->sent + state_->received;
  // Out: into the message, into the kernel, out of it. Back: the same, and into the answer.
  facts.bytes_copied += 3 * state_->sent + 4 * state_->received;
  facts.startup_bytes_copied += state_->startup_bytes;
  facts.workers_lost += state_->lost;
}

}  // namespace regatta
