// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/perf_capture.hpp"

#include <linux/perf_event.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <ctime>
#include <system_error>
#include <utility>

#include "harness/profiling/perf_ring.hpp"

namespace regatta::profiling {
namespace {

constexpr std::size_t data_pages = 32;  // a power of two; at least seven samples of 16 KiB

// The registers in the order of a sample, which is that of asm/perf_regs.h: ax bx cx dx si di bp sp
// ip r8 … r15, by their numbers in DWARF.
constexpr std::array<std::size_t, 17> sample_order{0, 3, 2,  1,  4,  5,  6,  7, 16,
                                                   8, 9, 10, 11, 12, 13, 14, 15};
constexpr std::uint64_t sampled_registers = 0x1ffU | 0xff0000U;
static_assert(std::popcount(sampled_registers) == int{sample_order.size()});

std::optional<perf_sample> parse_sample(const perf_ring::record& record) {
  perf_record_reader fields(record.fields);
  perf_sample sample;
  sample.in_kernel = (record.misc & PERF_RECORD_MISC_CPUMODE_MASK) == PERF_RECORD_MISC_KERNEL;
  fields.next32();  // the process
  sample.stack.tid = static_cast<pid_t>(fields.next32());
  sample.time = std::chrono::nanoseconds(fields.next64());
  if (fields.next64() != PERF_SAMPLE_REGS_ABI_64) return std::nullopt;  // or no user
  for (const std::size_t number : sample_order) {
    sample.stack.registers[number] = fields.next64();
  }
  const auto copied = fields.take(fields.next64());
  const auto used = std::min<std::uint64_t>(fields.next64(), copied.size());
  sample.stack.stack_begin = sample.stack.registers[7];
  sample.stack.stack.assign(copied.begin(), copied.begin() + static_cast<std::ptrdiff_t>(used));
  return sample;
}

perf_event_attr attributes(const perf_capture_options& options, bool with_kernel) {
  perf_event_attr wanted{};
  wanted.size = sizeof(wanted);
  wanted.type = PERF_TYPE_SOFTWARE;
  wanted.config = PERF_COUNT_SW_CPU_CLOCK;
  wanted.freq = 1;
  wanted.sample_freq = options.hertz;
  wanted.sample_type =
      PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER;
  wanted.sample_regs_user = sampled_registers;
  wanted.sample_stack_user = options.stack_bytes;
  wanted.exclude_kernel = with_kernel ? 0 : 1;
  wanted.exclude_hv = 1;
  wanted.use_clockid = 1;
  wanted.clockid = CLOCK_MONOTONIC;
  return wanted;
}

}  // namespace

perf_capture::perf_capture(const perf_capture_options& options) : options_(options) {}
perf_capture::~perf_capture() = default;

std::optional<std::string> perf_capture::add(pid_t thread) {
  if (rings_.contains(thread)) return std::nullopt;
  unique_fd event = open_perf_event(attributes(options_, true), thread);
  const bool with_kernel = static_cast<bool>(event);
  if (!event && (errno == EACCES || errno == EPERM)) {
    event = open_perf_event(attributes(options_, false), thread);
  }
  if (!event) return perf_problem("perf_event_open", errno);
  try {
    rings_[thread] = std::make_unique<perf_ring>(std::move(event), data_pages);
  } catch (const std::system_error& problem) {
    rings_.erase(thread);
    return perf_problem("memory for samples", problem.code().value());
  }
  samples_kernel_ = with_kernel;
  return std::nullopt;
}

void perf_capture::remove(pid_t thread) { rings_.erase(thread); }

std::vector<perf_sample> perf_capture::read() {
  std::vector<perf_sample> samples;
  for (auto& [thread, ring] : rings_) {
    ring->read([&](const perf_ring::record& record) {
      if (record.type == PERF_RECORD_LOST) {
        perf_record_reader fields(record.fields);
        fields.next64();  // the event's number
        lost_ += fields.next64();
      } else if (record.type == PERF_RECORD_SAMPLE) {
        if (auto sample = parse_sample(record)) samples.push_back(std::move(*sample));
      }
    });
  }
  return samples;
}

}  // namespace regatta::profiling
