// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/epoll.h>

#include <algorithm>

#include "harness/http_load/internal/client_thread.hpp"

namespace regatta::http_load {

using namespace std::chrono_literals;

namespace {

constexpr nanoseconds retry_delay = 100ms;  // after a connection that was good for nothing

std::uint64_t tag_of(std::uint32_t index, std::uint32_t generation) {
  return std::uint64_t{generation} << 32U | index;
}

}  // namespace

void client_thread::open(connection& each) {
  ++each.generation;
  each.answered = false;
  each.state = phase::connecting;
  const transport::status how = each.wire.open(shared_.server);
  if (how == transport::status::failed) return opened(each, how);
  // Edge-triggered and registered once: no system call but send and receive for each request.
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = tag_of(each.index, each.generation);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, each.wire.handle(), &event);
  if (how == transport::status::done) opened(each, how);
}

void client_thread::opened(connection& each, transport::status how) {
  const nanoseconds time = now();
  if (how == transport::status::failed) {
    // In an open loop it is the arrivals that fail, when no connection is left.
    if (sending_ && !plan_.open_loop) ++tallies_[stage_at(time)].connect_failures;
    return drop(each, each.wire.error(), time);
  }
  if (!plan_.tls) return become_idle(each, time);
  each.state = phase::securing;
  secured(each, each.wire.secure(*shared_.trust, plan_.host));
}

void client_thread::secured(connection& each, transport::status how) {
  if (how == transport::status::blocked) return;
  if (how == transport::status::failed) return opened(each, how);
  become_idle(each, now());
}

// It brought nothing: tried again after a while, so that a server that turns us away is not
// stormed.
void client_thread::drop(connection& each, const std::string& why, nanoseconds time) {
  remember(why);
  each.wire.close();
  each.state = phase::down;
  each.free_since = time + retry_delay;
  retry_at_ = down_ == 0 ? each.free_since : std::min(retry_at_, each.free_since);
  ++down_;
}

void client_thread::become_idle(connection& each, nanoseconds time) {
  each.state = phase::idle;
  each.free_since = time;
  if (!plan_.open_loop && sending_ && left_ > 0 && time < planned_end_) {
    return send(each, stage_at(time), time, time);
  }
  if (each.queued) return;
  each.queued = true;
  idle_.push_back(each.index);
}

void client_thread::send(connection& each, std::size_t stage, nanoseconds due, nanoseconds time) {
  each.state = phase::busy;
  each.stage = stage;
  each.due = due;
  each.sent = time;
  each.counted = due <= overdue_until_;
  if (plan_.stages[stage].measured) --left_;
  if (plan_.open_loop) tallies_[stage].send_lag.add(time - std::max(due, each.free_since));
  each.reader.expect(plan_.method == "HEAD", plan_.llm);
  if (plan_.llm) each.stream = std::make_unique<stream_reader>();
  link(each);
  if (each.wire.send(shared_.request) == transport::status::failed) {
    fail(each, &load_tally::resets, "sending a request: " + each.wire.error(), time);
  }
}

void client_thread::handle(const epoll_event& event) {
  connection& each = connections_[static_cast<std::uint32_t>(event.data.u64)];
  if (event.data.u64 != tag_of(each.index, each.generation)) return;
  const bool ending = (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  const bool readable = ending || (event.events & EPOLLIN) != 0;
  switch (each.state) {
    case phase::down:
      return;
    case phase::connecting:
      return opened(each, each.wire.finish_open());
    case phase::securing:
      return secured(each, each.wire.secure(*shared_.trust, plan_.host));
    case phase::busy:
      if (each.wire.unsent() && each.wire.flush() == transport::status::failed && !readable) {
        return fail(each, &load_tally::resets, "sending a request: " + each.wire.error(), now());
      }
      break;
    case phase::idle:
      break;
  }
  if (readable) receive(each, ending);
}

void client_thread::receive(connection& each, bool ending) {
  const std::uint32_t generation = each.generation;
  while (each.generation == generation && each.state != phase::down) {
    const long got = each.wire.receive(buffer_.data(), buffer_.size());
    if (got == -1) return;
    seen_ = now();
    if (got == 0) return ended_by_peer(each, seen_);
    if (got < 0) {
      if (each.state == phase::busy) {
        return fail(each, &load_tally::resets, "receiving an answer: " + each.wire.error(), seen_);
      }
      return ended_by_peer(each, seen_);
    }
    take(each, {buffer_.data(), static_cast<std::size_t>(got)}, seen_);
    // Less than there was room for: there is nothing more, unless the peer has ended. See epoll(7).
    if (!ending && !each.wire.tls() && got < static_cast<long>(buffer_.size())) return;
  }
}

void client_thread::take(connection& each, std::string_view bytes, nanoseconds time) {
  if (each.state != phase::busy) return ended_by_peer(each, time);  // nobody has asked
  load_tally& tally = tallies_[each.stage];
  tally.bytes_received += bytes.size();
  const auto progress = each.reader.feed(bytes, known_);
  if (each.stream) {
    const std::string body = each.reader.take_body();
    if (each.reader.status() == 200 && !each.stream->feed(body, time, tally.inter_token)) {
      return fail(each, &load_tally::malformed, each.stream->why(), time);
    }
  }
  switch (progress) {
    case response_reader::progress::more:
      return;
    case response_reader::progress::malformed:
      return fail(each, &load_tally::malformed, "an answer is not HTTP/1.1", time);
    case response_reader::progress::complete:
      if (bytes.empty()) return finish(each, time);
      return fail(each, &load_tally::malformed, "an answer is longer than it says", time);
  }
}

void client_thread::ended_by_peer(connection& each, nanoseconds time) {
  if (each.state == phase::busy) {
    if (each.reader.end() == response_reader::progress::complete) return finish(each, time);
    return fail(each, &load_tally::resets, "the server closed a connection without an answer",
                time);
  }
  if (!each.answered) return drop(each, "the server closes connections at once", time);
  open(each);
}

void client_thread::finish(connection& each, nanoseconds time) {
  unlink(each);
  each.answered = true;
  load_tally& tally = tallies_[each.stage];
  const unsigned status = each.reader.status();
  last_settled_ = time;
  remember(each.due, time, true);
  if (status >= 400) {
    ++(status >= 500 ? tally.server_errors : tally.client_errors);
    remember(fmt::format("the server answered with status {}", status));
  } else if (each.stream && (status != 200 || !each.stream->finished())) {
    ++tally.malformed;
    remember("a stream ended without [DONE] or a reason to finish; is it a chat completion?");
  } else {
    record(each, tally, time);
  }
  if (each.reader.keep_alive()) return become_idle(each, time);
  open(each);
}

void client_thread::record(const connection& each, load_tally& tally, nanoseconds time) {
  ++tally.ok;
  tally.latency.add(time - each.due);
  tally.service.add(time - each.sent);
  if (!each.counted) count_late(time - each.due, each.stage);
  if (!each.stream) return;
  const auto seconds = [](nanoseconds length) {
    return std::chrono::duration<double>(length).count();
  };
  const std::uint64_t tokens = each.stream->tokens();
  tally.tokens += tokens;
  nanoseconds first = time - each.due;
  if (each.stream->first()) tally.first_token.add(first = *each.stream->first() - each.due);
  nanoseconds gap{0};
  if (each.stream->first() && tokens > 1) {
    gap = (each.stream->last() - *each.stream->first()) / static_cast<std::int64_t>(tokens - 1);
    tally.mean_gap.add(gap);
  }
  const goodput_limits& good = plan_.good;
  const bool kept = (!good.first_token || seconds(first) <= *good.first_token) &&
                    (!good.inter_token || seconds(gap) <= *good.inter_token) &&
                    (!good.latency || seconds(time - each.due) <= *good.latency);
  if (kept) ++tally.good;
}

void client_thread::fail(connection& each, std::uint64_t load_tally::*kind, const std::string& why,
                         nanoseconds time) {
  unlink(each);
  last_settled_ = time;
  remember(each.due, time, false);
  load_tally& tally = tallies_[each.stage];
  ++(tally.*kind);
  if (kind == &load_tally::timeouts) {
    tally.latency.add(time - each.due);
    if (!each.counted) count_late(time - each.due, each.stage);
  }
  if (!each.answered) return drop(each, why, time);
  remember(why);
  open(each);
}

void client_thread::count_late(nanoseconds latency, std::size_t stage) {
  if (plan_.late_after && latency > *plan_.late_after && plan_.stages[stage].measured) {
    shared_.late.fetch_add(1, std::memory_order_relaxed);
  }
}

void client_thread::remember(const std::string& why) {
  if (first_failure_.empty()) first_failure_ = why;
}

void client_thread::remember(nanoseconds due, nanoseconds time, bool answered) {
  if (plan_.most_remembered == 0) return;
  if (remembered_.size() >= may_remember_) {
    forgot_ = true;
    return;
  }
  remembered_.push_back({.due = due, .latency = time - due, .answered = answered});
}

void client_thread::link(connection& each) {
  each.older = newest_;
  each.newer = none;
  (newest_ == none ? oldest_ : connections_[newest_].newer) = each.index;
  newest_ = each.index;
}

void client_thread::unlink(connection& each) {
  (each.older == none ? oldest_ : connections_[each.older].newer) = each.newer;
  (each.newer == none ? newest_ : connections_[each.newer].older) = each.older;
}

}  // namespace regatta::http_load
