// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/perf_ring.hpp"

#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

namespace regatta::profiling {
namespace {

template <class Value>
Value value_of(std::span<const std::byte> bytes) {
  Value value{};
  if (bytes.size() == sizeof(value)) std::memcpy(&value, bytes.data(), sizeof(value));
  return value;
}

}  // namespace

std::uint64_t perf_record_reader::next64() { return value_of<std::uint64_t>(take(8)); }

std::uint32_t perf_record_reader::next32() { return value_of<std::uint32_t>(take(4)); }

std::span<const std::byte> perf_record_reader::take(std::size_t size) {
  const auto bytes = rest_.first(std::min(size, rest_.size()));
  rest_ = rest_.subspan(bytes.size());
  return bytes;
}

perf_ring::perf_ring(unique_fd event, std::size_t pages)
    : event_(std::move(event)),
      page_size_(static_cast<std::size_t>(::getpagesize())),
      room_(pages * page_size_),
      pages_(::mmap(nullptr, room_ + page_size_, PROT_READ | PROT_WRITE, MAP_SHARED, event_.get(),
                    0)) {
  if (pages_ == MAP_FAILED) throw std::system_error(errno, std::generic_category());
}

perf_ring::~perf_ring() { ::munmap(pages_, room_ + page_size_); }

void perf_ring::read(const std::function<void(const record&)>& seen) {
  auto& control = *static_cast<perf_event_mmap_page*>(pages_);
  // Acquire and release: the kernel's barriers around data_head and data_tail are the partners.
  const std::uint64_t head = std::atomic_ref(control.data_head).load(std::memory_order_acquire);
  std::uint64_t tail = control.data_tail;  // only we write it
  std::vector<std::byte> fields;
  while (tail < head) {
    perf_event_header header{};
    copy(tail, &header, sizeof(header));
    if (header.size < sizeof(header)) break;
    fields.resize(header.size - sizeof(header));
    copy(tail + sizeof(header), fields.data(), fields.size());
    tail += header.size;
    seen({.type = header.type, .misc = header.misc, .fields = fields});
  }
  std::atomic_ref(control.data_tail).store(tail, std::memory_order_release);
}

void perf_ring::copy(std::uint64_t from, void* target, std::size_t size) const {
  const auto* const data = static_cast<const std::byte*>(pages_) + page_size_;
  const std::size_t begin = from % room_;
  const std::size_t first = std::min(size, room_ - begin);
  std::memcpy(target, data + begin, first);
  std::memcpy(static_cast<std::byte*>(target) + first, data, size - first);
}

unique_fd open_perf_event(const perf_event_attr& wanted, pid_t thread) {
  return unique_fd(static_cast<int>(::syscall(SYS_perf_event_open, &wanted, thread, /*cpu*/ -1,
                                              /*group*/ -1, PERF_FLAG_FD_CLOEXEC)));
}

std::string perf_problem(const char* what, int error) {
  const char* const hint = error == EACCES || error == EPERM
                               ? " (kernel.perf_event_paranoid above 2, or another user's thread)"
                               : "";
  return fmt::format("{}: {}{}", what, std::generic_category().message(error), hint);
}

}  // namespace regatta::profiling
