// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/requests/request_book.hpp"

#include <algorithm>
#include <numeric>

#include "harness/profiling/requests/request_names.hpp"
#include "harness/profiling/requests/whole_phases.hpp"

namespace regatta::profiling {
namespace {

using namespace kernel_side;
using std::chrono::nanoseconds;

constexpr std::size_t most_classes = 64;
constexpr std::size_t most_samples = 2000;
constexpr std::size_t most_lines = 4096;  // names that are known without folding them again

template <class Number>
nanoseconds ns(Number value) {
  return nanoseconds(static_cast<std::int64_t>(value));
}
nanoseconds between(std::uint64_t begin, std::uint64_t end) {
  return end > begin ? ns(end - begin) : nanoseconds{};
}

std::optional<request_wait> wait_of(std::uint32_t kind) {
  switch (kind) {
    case time_cpu:
      return std::nullopt;
    case time_upstream:
      return request_wait::upstream;
    case time_disk:
      return request_wait::disk;
    case time_sleep:
    case time_gap:  // less what other threads did meanwhile, which only the sums can tell
      return request_wait::sleep;
    case time_lock:
      return request_wait::lock;
    case time_run_queue:
      return request_wait::run_queue;
    case time_lag:
      return request_wait::loop_lag;
    default:
      return request_wait::other;
  }
}

std::string peer_name(const std::map<std::uint32_t, std::string>& peers, std::uint32_t number) {
  const auto found = peers.find(number);
  return found == peers.end() ? "" : found->second;
}

request_sample sample_of(const request_event& event, std::uint64_t began,
                         const std::map<std::uint32_t, std::string>& peers) {
  request_sample sample;
  sample.arrival = between(began, event.arrival);
  sample.queue = between(event.arrival, event.began);
  sample.latency = between(event.arrival, event.answered);
  sample.cpu = ns(event.spent[time_cpu]);
  sample.bytes_in = event.bytes_in;
  sample.bytes_out = event.bytes_out;
  if (event.used == 0) {
    sample.phases.push_back(
        {.kind = std::nullopt, .wall = sample.latency - sample.queue, .cpu = sample.cpu});
  }
  for (const auto& phase : whole_phases(event)) {
    sample.phases.push_back({.kind = wait_of(phase.kind),
                             .wall = ns(phase.wall),
                             .cpu = ns(phase.cpu),
                             .peer = peer_name(peers, phase.peer)});
  }
  return sample;
}

double quantile(std::vector<double>& values, double p) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(p * static_cast<double>(values.size() - 1))];
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

constexpr std::size_t enough = 20;

// How long its loop would leave a request alone were it not busy with others: a timer, or another
// thread. Exact for requests that found it idle, both when they came and when their gaps ended.
struct own_gap {
  double time = 0;
  bool known = false;
};

own_gap own_gap_of(const std::vector<request_event>& events, double whole, double idle,
                   double elsewhere) {
  std::vector<double> all, undelayed, prompt;
  for (const request_event& event : events) {
    const auto gap = static_cast<double>(event.spent[time_gap]);
    all.push_back(gap);
    if (event.delayed == 0) undelayed.push_back(gap);
    if (event.delayed == 0 && event.prompt != 0) prompt.push_back(gap);
  }
  std::vector<double>& best = prompt.size() >= enough ? prompt : undelayed;
  if (best.size() >= enough) {
    // Requests queue for other threads too; a few do not.
    const bool others_work = elsewhere > 0.2 * mean(best);
    return {.time = others_work ? quantile(best, 0.1) : mean(best), .known = true};
  }
  // Neither less than the loop was idle, nor less than nearly all such requests.
  const double low = all.empty() ? 0 : quantile(all, 0.05);
  return {.time = std::min(whole, std::max(idle, low)), .known = whole == 0};
}

}  // namespace

request_book::gathered& request_book::class_of(std::string_view first_bytes) {
  // What follows the path differs between requests of one class.
  const std::size_t method = std::min(first_bytes.find(' '), first_bytes.size());
  const std::size_t path =
      std::min(first_bytes.find_first_of(" ?", method + 1), first_bytes.size());
  const std::string_view line = first_bytes.substr(0, std::min(path + 1, first_bytes.size()));
  if (const auto known = by_line_.find(line); known != by_line_.end()) return *known->second;
  std::string name = request_class_name(first_bytes);
  if (!classes_.contains(name) && classes_.size() >= most_classes) name = "(others)";
  auto& place = classes_[name];
  if (!place) place = std::make_unique<gathered>();
  if (by_line_.size() < most_lines) by_line_.emplace(line, place.get());
  return *place;
}

void request_book::add(const request_event& request) {
  gathered& to =
      class_of({request.name, std::min<std::size_t>(request.name_length, request_name_bytes)});
  if (request.name_number != 0) by_number_[request.name_number] = &to;
  add_to(to, request);
}

void request_book::add(const brief_events& briefs) {
  for (std::size_t at = 0; at < std::min<std::size_t>(briefs.count, brief_room); ++at) {
    const brief_event& brief = briefs.requests[at];
    const auto known = by_number_.find(brief.name_number);
    if (known == by_number_.end()) continue;  // none: a name is told before its number is used
    request_event request{};
    request.tid = briefs.tid;
    request.process = briefs.process;
    request.loop = briefs.loop;
    request.arrival = brief.arrival;
    request.began = brief.arrival + brief.queue;
    request.answered = brief.arrival + brief.latency;
    request.bytes_in = brief.bytes_in;
    request.bytes_out = brief.bytes_out;
    request.spent[time_cpu] = brief.cpu;
    request.spent[time_run_queue] = brief.run_queue;
    request.prompt = brief.prompt;
    add_to(*known->second, request);
  }
}

void request_book::add_to(gathered& to, const request_event& request) {
  size_ += 1;
  to.latency.add(between(request.arrival, request.answered));
  to.queue.add(between(request.arrival, request.began));
  to.cpu.add(ns(request.spent[time_cpu]));
  for (std::size_t kind = 0; kind < time_kinds; ++kind) {
    to.spent[kind] += static_cast<double>(request.spent[kind]);
  }
  to.gap_idle += static_cast<double>(request.gap_idle);
  to.bytes_in += static_cast<double>(request.bytes_in);
  to.bytes_out += static_cast<double>(request.bytes_out);
  (request.loop != 0 ? loop_threads_ : other_threads_).insert(request.tid);
  processes_.insert(request.process);

  // Those with the smallest random numbers: each request is as likely to be kept.
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  const auto less = [](const kept_sample& a, const kept_sample& b) { return a.order < b.order; };
  if (to.samples.size() >= most_samples) {
    if (random_ >= to.samples.front().order) return;
    std::pop_heap(to.samples.begin(), to.samples.end(), less);
    to.samples.pop_back();
  }
  kept_sample& kept = to.samples.emplace_back();
  kept.order = random_;
  const std::size_t used = std::min<std::size_t>(request.used, phase_room);
  std::copy_n(reinterpret_cast<const std::byte*>(&request),
              offsetof(request_event, phases) + used * sizeof(request.phases[0]),
              reinterpret_cast<std::byte*>(&kept.event));
  std::push_heap(to.samples.begin(), to.samples.end(), less);
}

void request_book::add(const call_event& call) {
  gathered_calls& to = calls_[call.peer];
  to.calls += 1;
  to.chunks += call.chunks;
  to.first_byte.add(between(call.last_sent, call.first));
  to.total.add(between(call.sent, call.last));
}

void request_book::add(const chunk_event& chunk) { calls_[chunk.peer].gap.add(ns(chunk.gap)); }

request_class request_book::finished(const std::string& name, const gathered& from,
                                     const std::map<std::uint32_t, std::string>& peers,
                                     double unowned_share) const {
  request_class made;
  const auto count = static_cast<double>(from.latency.count());
  made.name = name;
  made.count = from.latency.count();
  made.latency = from.latency;
  made.queue = from.queue;
  made.cpu = from.cpu;
  made.cpu_elsewhere = ns(unowned_share / count);
  made.bytes_in = from.bytes_in / count;
  made.bytes_out = from.bytes_out / count;
  std::vector<request_event> events;
  for (const kept_sample& kept : from.samples) {
    events.push_back(kept.event);
    made.samples.push_back(sample_of(kept.event, began_, peers));
  }
  std::sort(made.samples.begin(), made.samples.end(),
            [](const auto& a, const auto& b) { return a.arrival < b.arrival; });
  const double whole_gap = from.spent[time_gap] / count;
  const own_gap gap = own_gap_of(events, whole_gap, from.gap_idle / count, unowned_share / count);
  const double elsewhere = std::min(gap.time, unowned_share / count);
  made.gap_is_known = gap.known;
  const auto wait = [&](request_wait kind) -> nanoseconds& {
    return made.waits[static_cast<std::size_t>(kind)];
  };
  for (std::uint32_t kind = time_cpu + 1; kind < time_kinds; ++kind) {
    if (kind != time_gap) wait(*wait_of(kind)) += ns(from.spent[kind] / count);
  }
  wait(request_wait::sleep) += ns(gap.time - elsewhere);
  wait(request_wait::lock) += ns(elsewhere);
  wait(request_wait::loop_lag) += ns(std::max(0.0, whole_gap - gap.time));
  return made;
}

request_profile request_book::profile(const std::map<std::uint32_t, std::string>& peers,
                                      nanoseconds unowned_cpu) const {
  request_profile made;
  made.unowned_cpu = unowned_cpu;
  // Other threads work while requests wait for them; if none does, all are alike.
  const auto left_to_others = [](const gathered& from) {
    return from.spent[time_gap] + from.spent[time_lock] + from.spent[time_other];
  };
  double left = 0, requests = 0;
  for (const auto& [name, from] : classes_) {
    left += left_to_others(*from);
    requests += static_cast<double>(from->latency.count());
  }
  const auto unowned = static_cast<double>(unowned_cpu.count());
  const double explained = std::min(unowned, left);
  double concurrency = 0;
  for (const auto& [name, from] : classes_) {
    const double share =
        (left > 0 ? explained * left_to_others(*from) / left : 0) +
        (unowned - explained) * static_cast<double>(from->latency.count()) / requests;
    made.followed += from->latency.count();
    concurrency += from->latency.sum();
    made.classes.push_back(finished(name, *from, peers, share));
  }
  made.pool.concurrency_mean = concurrency;  // of one second; the caller knows the window
  std::sort(made.classes.begin(), made.classes.end(), [](const auto& a, const auto& b) {
    return a.cpu_mean() * static_cast<std::int64_t>(a.count) >
           b.cpu_mean() * static_cast<std::int64_t>(b.count);
  });
  for (const auto& [number, from] : calls_) {
    if (from.calls == 0) continue;
    upstream_profile upstream;
    upstream.peer = peer_name(peers, number);
    upstream.calls = from.calls;
    upstream.first_byte = from.first_byte;
    upstream.gap = from.gap;
    upstream.total = from.total;
    upstream.chunks_per_call = static_cast<double>(from.chunks) / static_cast<double>(from.calls);
    made.upstreams.push_back(std::move(upstream));
  }
  std::sort(made.upstreams.begin(), made.upstreams.end(),
            [](const auto& a, const auto& b) { return a.first_byte.sum() > b.first_byte.sum(); });
  made.pool.loop_threads = static_cast<unsigned>(loop_threads_.size());
  made.pool.other_threads = static_cast<unsigned>(
      std::count_if(other_threads_.begin(), other_threads_.end(),
                    [&](std::uint32_t thread) { return !loop_threads_.contains(thread); }));
  made.pool.processes = static_cast<unsigned>(processes_.size());
  return made;
}

}  // namespace regatta::profiling
