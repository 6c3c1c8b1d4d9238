// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/profiling/stacks/perf_capture.hpp"

#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>
#include <span>
#include <system_error>
#include <utility>

#include "harness/platform/unique_fd.hpp"

namespace regatta::profiling {
namespace {

constexpr std::size_t data_pages = 32;  // a power of two; at least seven samples of 16 KiB

// The registers in the order of a sample, which is that of asm/perf_regs.h: ax bx cx dx si di bp sp
// ip r8 … r15, by their numbers in DWARF.
constexpr std::array<std::size_t, 17> sample_order{0, 3, 2,  1,  4,  5,  6,  7, 16,
                                                   8, 9, 10, 11, 12, 13, 14, 15};
constexpr std::uint64_t sampled_registers = 0x1ffU | 0xff0000U;
static_assert(std::popcount(sampled_registers) == int{sample_order.size()});

// A sample's fields, one after the other.
class record_reader {
 public:
  explicit record_reader(std::span<const std::byte> record) : rest_(record) {}
  template <class Value>
  Value next() {
    Value value{};
    const auto bytes = take(sizeof(value));
    if (bytes.size() == sizeof(value)) std::memcpy(&value, bytes.data(), sizeof(value));
    return value;
  }
  std::span<const std::byte> take(std::size_t size) {
    const auto bytes = rest_.first(std::min(size, rest_.size()));
    rest_ = rest_.subspan(bytes.size());
    return bytes;
  }

 private:
  std::span<const std::byte> rest_;
};

std::optional<perf_sample> parse_sample(std::span<const std::byte> record) {
  record_reader fields(record);
  perf_sample sample;
  fields.next<std::uint32_t>();  // the process
  sample.stack.tid = static_cast<pid_t>(fields.next<std::uint32_t>());
  sample.time = std::chrono::nanoseconds(fields.next<std::uint64_t>());
  if (fields.next<std::uint64_t>() != PERF_SAMPLE_REGS_ABI_64) return std::nullopt;  // or no user
  for (const std::size_t number : sample_order) {
    sample.stack.registers[number] = fields.next<std::uint64_t>();
  }
  const auto copied = fields.take(fields.next<std::uint64_t>());
  const auto used = std::min<std::uint64_t>(fields.next<std::uint64_t>(), copied.size());
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

unique_fd open_event(const perf_event_attr& wanted, pid_t thread) {
  return unique_fd(static_cast<int>(::syscall(SYS_perf_event_open, &wanted, thread, /*cpu*/ -1,
                                              /*group*/ -1, PERF_FLAG_FD_CLOEXEC)));
}

std::string problem_of(const char* what, int error) {
  const char* const hint = error == EACCES || error == EPERM
                               ? " (kernel.perf_event_paranoid above 2, or another user's thread)"
                               : "";
  return fmt::format("{}: {}{}", what, std::generic_category().message(error), hint);
}

}  // namespace

// The pages that the kernel writes one thread's samples to.
class perf_capture::ring {
 public:
  ring(unique_fd event, void* pages, std::size_t page_size)
      : event_(std::move(event)), pages_(pages), page_size_(page_size) {}
  ~ring() { ::munmap(pages_, (data_pages + 1) * page_size_); }
  ring(const ring&) = delete;
  ring& operator=(const ring&) = delete;

  void read(std::vector<perf_sample>& samples, std::uint64_t& lost) {
    auto& control = *static_cast<perf_event_mmap_page*>(pages_);
    // Acquire and release: the kernel's barriers around data_head and data_tail are the partners.
    const std::uint64_t head = std::atomic_ref(control.data_head).load(std::memory_order_acquire);
    std::uint64_t tail = control.data_tail;  // only we write it
    while (tail < head) {
      perf_event_header header{};
      copy(tail, &header, sizeof(header));
      if (header.size < sizeof(header)) break;
      std::vector<std::byte> record(header.size - sizeof(header));
      copy(tail + sizeof(header), record.data(), record.size());
      tail += header.size;
      if (header.type == PERF_RECORD_LOST) {
        record_reader fields(record);
        fields.next<std::uint64_t>();  // the event's number
        lost += fields.next<std::uint64_t>();
      } else if (header.type == PERF_RECORD_SAMPLE) {
        if (auto sample = parse_sample(record)) samples.push_back(std::move(*sample));
      }
    }
    std::atomic_ref(control.data_tail).store(tail, std::memory_order_release);
  }

 private:
  void copy(std::uint64_t from, void* target, std::size_t size) const {
    const auto* const data = static_cast<const std::byte*>(pages_) + page_size_;
    const std::size_t room = data_pages * page_size_;
    const std::size_t begin = from % room;
    const std::size_t first = std::min(size, room - begin);
    std::memcpy(target, data + begin, first);
    std::memcpy(static_cast<std::byte*>(target) + first, data, size - first);
  }

  unique_fd event_;
  void* pages_;
  std::size_t page_size_;
};

perf_capture::perf_capture(const perf_capture_options& options) : options_(options) {}
perf_capture::~perf_capture() = default;

std::optional<std::string> perf_capture::add(pid_t thread) {
  if (rings_.contains(thread)) return std::nullopt;
  unique_fd event = open_event(attributes(options_, true), thread);
  if (!event && (errno == EACCES || errno == EPERM)) {
    event = open_event(attributes(options_, false), thread);
  }
  if (!event) return problem_of("perf_event_open", errno);
  const auto page = static_cast<std::size_t>(::getpagesize());
  void* const pages =
      ::mmap(nullptr, (data_pages + 1) * page, PROT_READ | PROT_WRITE, MAP_SHARED, event.get(), 0);
  if (pages == MAP_FAILED) return problem_of("memory for samples", errno);
  rings_[thread] = std::make_unique<ring>(std::move(event), pages, page);
  return std::nullopt;
}

void perf_capture::remove(pid_t thread) { rings_.erase(thread); }

std::vector<perf_sample> perf_capture::read() {
  std::vector<perf_sample> samples;
  for (auto& [thread, samples_of] : rings_) samples_of->read(samples, lost_);
  return samples;
}

}  // namespace regatta::profiling
