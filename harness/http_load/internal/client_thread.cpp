// SPDX-License-Identifier: Apache-2.0
#include "harness/http_load/internal/client_thread.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "harness/http_load/request_text.hpp"
#include "harness/llm/internal/tls_session.hpp"
#include "harness/platform/proc_text.hpp"

namespace regatta::http_load {

using namespace std::chrono_literals;

namespace {

constexpr nanoseconds longest_wait = 50ms;  // until somebody may have asked us to stop
constexpr nanoseconds longest_lead = 100us;
constexpr std::size_t receive_bytes = std::size_t{64} << 10U;

nanoseconds thread_cpu() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

// Time this thread was runnable and did not run: the second word of schedstat. See the kernel's
// Documentation/scheduler/sched-stats.rst.
std::optional<nanoseconds> thread_waited() {
  const auto text = proc_text::read_file("/proc/thread-self/schedstat");
  if (!text) return std::nullopt;
  std::string_view rest = *text;
  proc_text::next_word(rest);
  const auto waited = proc_text::number<std::int64_t>(proc_text::next_word(rest));
  return waited ? std::optional(nanoseconds(*waited)) : std::nullopt;
}

std::uint64_t share_of(std::uint64_t whole, unsigned part, unsigned parts) {
  return whole / parts + (part < whole % parts ? 1 : 0);
}

}  // namespace

shared_load::shared_load(const load_plan& planned, const peer& where)
    : plan(planned),
      request(request_text(planned)),
      server(where),
      trust(planned.tls ? std::make_unique<internal::tls_trust>(planned.ca_file) : nullptr) {}

shared_load::~shared_load() = default;

client_thread::client_thread(shared_load& shared, unsigned part, unsigned connections)
    : shared_(shared),
      plan_(shared.plan),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      tallies_(plan_.stages.size()),
      schedule_(plan_.open_loop ? plan_.stages : std::vector<load_stage>(), plan_.arrivals,
                plan_.seed, part, plan_.threads),
      overdue_(schedule_),
      left_(plan_.most_requests ? share_of(*plan_.most_requests, part, plan_.threads)
                                : std::numeric_limits<std::uint64_t>::max()),
      buffer_(receive_bytes),
      may_remember_(share_of(plan_.most_remembered, part, plan_.threads)) {
  if (!epoll_) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  bool measured = false;
  for (const load_stage& stage : plan_.stages) {
    measured = measured || stage.measured;
    planned_end_ += stage.length;
    if (!measured) measured_from_ = planned_end_;
  }
  stage_end_ = plan_.stages.front().length;
  for (std::uint32_t i = 0; i < connections; ++i) connections_.emplace_back().index = i;
}

client_thread::~client_thread() = default;

nanoseconds client_thread::now() const { return std::chrono::steady_clock::now() - shared_.start; }

void client_thread::connect_all(const std::function<bool()>& stop) {
  const nanoseconds limit = now() + plan_.timeout;
  for (connection& each : connections_) open(each);
  const auto count = [&](phase state) {
    return std::count_if(connections_.begin(), connections_.end(),
                         [&](const connection& each) { return each.state == state; });
  };
  while (now() < limit && !stop() && count(phase::connecting) + count(phase::securing) > 0) {
    look(std::min(limit, now() + longest_wait));
  }
  if (count(phase::idle) > 0) return;
  throw std::runtime_error(
      fmt::format("cannot connect to {}:{}: {}", plan_.host, plan_.port,
                  first_failure_.empty() ? "it does not answer" : first_failure_));
}

void client_thread::run() {
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  begin();
  while (sending_ || (oldest_ != none && !shared_.stop.load(std::memory_order_relaxed))) {
    const nanoseconds time = now();
    if (sending_) {
      if (!measuring_ && time >= measured_from_) enter_measuring(time);
      if (has_due(time)) send_due(time);
      if (plan_.late_after) count_overdue(time);
      if (time >= planned_end_ || left_ == 0 || shared_.stop.load(std::memory_order_relaxed)) {
        stop_sending(time);
      }
    }
    time_out(time);
    if (down_ > 0 && time >= retry_at_) retry_down(time);
    look(next_wake(time));
  }
  for (const connection& each : connections_) {
    if (each.state == phase::busy) ++tallies_[each.stage].cut_off;
  }
  cpu_ = thread_cpu();
}

void client_thread::begin() {
  while (now() < 0ns) look(0ns);
  sending_ = true;
  if (plan_.open_loop) return;
  idle_.clear();
  for (connection& each : connections_) {
    each.queued = false;
    if (each.state == phase::idle) become_idle(each, now());
  }
}

void client_thread::look(nanoseconds until) {
  std::array<epoll_event, 128> events;
  const nanoseconds before = now();
  nanoseconds left = std::max(0ns, until - before);
  // The kernel may be a thousandth of a wait late: the last hundredth is waited for apart.
  const bool far = left > 2ms;
  if (far) left -= left / 100;
  if (plan_.spin && sending_) left = 0ns;
  const timespec limit{.tv_sec = static_cast<time_t>(left / 1s),
                       .tv_nsec = static_cast<long>((left % 1s).count())};
  const int count =
      ::epoll_pwait2(epoll_.get(), events.data(), static_cast<int>(events.size()), &limit, nullptr);
  if (count < 0 && errno != EINTR) {
    throw std::system_error(errno, std::generic_category(), "waiting for answers (epoll_pwait2)");
  }
  if (count <= 0) {
    if (left == 0ns && measuring_) use_.polled += now() - before;
    if (left > 0ns && count == 0 && !far && plan_.poll) learn_lead(now() - until);
    return;
  }
  const nanoseconds woke = now();
  seen_ = woke;
  for (int i = 0; i < count; ++i) {
    handle(events[static_cast<std::size_t>(i)]);
    if (has_due(seen_)) send_due(seen_);
  }
  if (measuring_) busy_.add(now() - woke);
}

// Waking takes tens of microseconds, more or less. We ask for it so much sooner that nine times in
// ten we are there in time, and poll until the arrival is due.
void client_thread::learn_lead(nanoseconds overslept) {
  constexpr nanoseconds step = 1us;
  lead_ += overslept > lead_ ? step * 9 / 10 : -step / 10;
  lead_ = std::clamp(lead_, 0ns, longest_lead);
}

nanoseconds client_thread::next_wake(nanoseconds time) const {
  nanoseconds wake = time + longest_wait;
  if (sending_) {
    wake = std::min(wake, measuring_ ? planned_end_ : measured_from_);
    const bool may = !idle_.empty() || down_ == connections_.size();
    if (plan_.open_loop && may && !schedule_.done()) {
      wake = std::min(wake, schedule_.due() - lead_);
    }
  }
  if (oldest_ != none) wake = std::min(wake, connections_[oldest_].sent + plan_.timeout);
  // An answer that comes within the time that waking takes is polled for: so it costs no more than
  // twice what sleeping would, however long it takes.
  if (plan_.open_loop && newest_ != none && time - connections_[newest_].sent < lead_) return time;
  if (down_ > 0) wake = std::min(wake, retry_at_);
  return wake;
}

client_thread::connection* client_thread::take_idle() {
  while (!idle_.empty()) {
    connection& each = connections_[idle_.front()];
    idle_.pop_front();
    each.queued = false;
    if (each.state == phase::idle) return &each;
  }
  return nullptr;
}

void client_thread::send_due(nanoseconds time) {
  while (has_due(time) && left_ > 0) {
    const std::size_t stage = schedule_.stage();
    if (down_ == connections_.size()) {
      ++tallies_[stage].connect_failures;
      if (plan_.stages[stage].measured) --left_;
    } else if (connection* const each = take_idle()) {
      send(*each, stage, schedule_.due(), now());
    } else {
      return;
    }
    schedule_.advance();
  }
}

// Each arrival passes here when it becomes late; those that were not even sent are counted.
void client_thread::count_overdue(nanoseconds time) {
  overdue_until_ = time - *plan_.late_after;
  for (; !overdue_.done() && overdue_.due() <= overdue_until_; overdue_.advance()) {
    if (schedule_.done() || overdue_.due() < schedule_.due()) continue;
    count_late(nanoseconds::max(), overdue_.stage());
  }
}

void client_thread::enter_measuring(nanoseconds time) {
  measuring_ = true;
  use_ = {.wall = -time, .cpu = -thread_cpu(), .waited = thread_waited()};
}

void client_thread::stop_sending(nanoseconds time) {
  sending_ = false;
  end_ = std::min(time, planned_end_);
  if (measuring_) {
    use_.wall += time;
    use_.cpu += thread_cpu();
    const auto waited = thread_waited();
    use_.waited = waited && use_.waited ? std::optional(*waited - *use_.waited) : std::nullopt;
    measuring_ = false;
  } else {
    use_ = {};
  }
  if (left_ == 0) return;
  for (; !schedule_.done() && schedule_.due() <= time; schedule_.advance()) {
    load_tally& tally = tallies_[schedule_.stage()];
    ++tally.unsent;
    tally.latency.add(time - schedule_.due());
    remember(schedule_.due(), time, false);
  }
}

void client_thread::time_out(nanoseconds time) {
  while (oldest_ != none && time - connections_[oldest_].sent >= plan_.timeout) {
    fail(connections_[oldest_], &load_tally::timeouts,
         fmt::format("no answer within {:g} s",
                     std::chrono::duration<double>(plan_.timeout).count()),
         time);
  }
}

void client_thread::retry_down(nanoseconds time) {
  for (connection& each : connections_) {
    if (each.state == phase::down && each.free_since <= time) {
      --down_;
      open(each);
    }
  }
  retry_at_ = nanoseconds::max();
  for (const connection& each : connections_) {
    if (each.state == phase::down) retry_at_ = std::min(retry_at_, each.free_since);
  }
}

std::size_t client_thread::stage_at(nanoseconds time) {
  while (time >= stage_end_ && stage_ + 1 < plan_.stages.size()) {
    stage_end_ += plan_.stages[++stage_].length;
  }
  return stage_;
}

}  // namespace regatta::http_load
