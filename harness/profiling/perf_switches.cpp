// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/perf_switches.hpp"

#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <system_error>
#include <utility>

namespace regatta::profiling {
namespace {

constexpr std::size_t data_pages = 8;  // a thousand switches

perf_event_attr common() {
  perf_event_attr wanted{};
  wanted.size = sizeof(wanted);
  wanted.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME;
  wanted.sample_id_all = 1;
  wanted.exclude_kernel = 1;
  wanted.exclude_hv = 1;
  wanted.use_clockid = 1;
  wanted.clockid = CLOCK_MONOTONIC;
  return wanted;
}

perf_event_attr switches() {
  perf_event_attr wanted = common();
  wanted.type = PERF_TYPE_SOFTWARE;
  wanted.config = PERF_COUNT_SW_DUMMY;
  wanted.context_switch = 1;
  return wanted;
}

perf_event_attr arrival_at(std::uintptr_t instruction) {
  perf_event_attr wanted = common();
  wanted.type = PERF_TYPE_BREAKPOINT;
  wanted.bp_type = HW_BREAKPOINT_X;
  wanted.bp_addr = instruction;
  wanted.bp_len = sizeof(long);
  wanted.sample_period = 1;
  wanted.disabled = 1;
  return wanted;
}

std::optional<thread_event> event_of(const perf_ring::record& record) {
  perf_record_reader fields(record.fields);
  thread_event event;
  if (record.type == PERF_RECORD_SAMPLE) {
    event.happened = thread_event::what::came_back;
  } else if (record.type != PERF_RECORD_SWITCH) {
    return std::nullopt;
  } else if ((record.misc & PERF_RECORD_MISC_SWITCH_OUT) != 0) {
    event.happened = (record.misc & PERF_RECORD_MISC_SWITCH_OUT_PREEMPT) != 0
                         ? thread_event::what::preempted
                         : thread_event::what::off_cpu;
  }
  fields.next32();  // the process
  event.tid = static_cast<pid_t>(fields.next32());
  event.time = std::chrono::nanoseconds(fields.next64());
  return event;
}

}  // namespace

struct perf_switches::watched {
  explicit watched(unique_fd event) : switches(std::move(event), data_pages) {}

  perf_ring switches;
  unique_fd arrival;  // its records go to the same pages
};

perf_switches::perf_switches() = default;
perf_switches::~perf_switches() = default;

std::optional<std::string> perf_switches::add(pid_t thread) {
  if (threads_.contains(thread)) return std::nullopt;
  unique_fd event = open_perf_event(switches(), thread);
  if (!event) return perf_problem("perf_event_open", errno);
  try {
    threads_.emplace(thread, std::make_unique<watched>(std::move(event)));
  } catch (const std::system_error& problem) {
    return perf_problem("memory for its records", problem.code().value());
  }
  return std::nullopt;
}

void perf_switches::remove(pid_t thread) { threads_.erase(thread); }

bool perf_switches::await(pid_t thread, std::uintptr_t instruction) {
  const auto found = threads_.find(thread);
  if (found == threads_.end()) return false;
  watched& known = *found->second;
  known.arrival.reset();  // one that was there once is not enabled again
  known.arrival = open_perf_event(arrival_at(instruction), thread);
  if (!known.arrival) return errno == ESRCH;  // it has just ended
  const int event = known.arrival.get();
  return ::ioctl(event, PERF_EVENT_IOC_SET_OUTPUT, known.switches.descriptor()) == 0 &&
         ::ioctl(event, PERF_EVENT_IOC_REFRESH, 1) == 0;
}

std::vector<thread_event> perf_switches::read() {
  std::vector<thread_event> events;
  for (auto& [thread, known] : threads_) {
    const auto first = static_cast<std::ptrdiff_t>(events.size());
    known->switches.read([&](const perf_ring::record& record) {
      if (record.type == PERF_RECORD_LOST) {
        perf_record_reader fields(record.fields);
        fields.next64();  // the event's number
        lost_ += fields.next64();
      } else if (const auto event = event_of(record)) {
        events.push_back(*event);
      }
    });
    std::stable_sort(events.begin() + first, events.end(),
                     [](const thread_event& a, const thread_event& b) { return a.time < b.time; });
  }
  return events;
}

}  // namespace regatta::profiling
