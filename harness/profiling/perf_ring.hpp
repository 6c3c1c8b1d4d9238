// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "harness/platform/unique_fd.hpp"

struct perf_event_attr;

namespace regatta::profiling {

/// A record's fields, one after the other; past its end all of them are 0.
class perf_record_reader {
 public:
  explicit perf_record_reader(std::span<const std::byte> record) : rest_(record) {}
  std::uint64_t next64();
  std::uint32_t next32();
  std::span<const std::byte> take(std::size_t size);

 private:
  std::span<const std::byte> rest_;
};

/// The pages that the kernel writes the records of one event to, perf_event_open(2).
/// Thread safety: one thread at a time.
class perf_ring {
 public:
  /// With room for `pages` pages, a power of two. Throws std::system_error.
  perf_ring(unique_fd event, std::size_t pages);
  ~perf_ring();
  perf_ring(const perf_ring&) = delete;
  perf_ring& operator=(const perf_ring&) = delete;

  struct record {
    std::uint32_t type = 0;
    std::uint16_t misc = 0;
    std::span<const std::byte> fields;
  };
  /// What was written since, in order. Not waited for.
  void read(const std::function<void(const record&)>& seen);
  int descriptor() const { return event_.get(); }

 private:
  void copy(std::uint64_t from, void* target, std::size_t size) const;

  unique_fd event_;
  std::size_t page_size_;
  std::size_t room_;
  void* pages_;
};

/// Of one thread, on whatever CPU. No descriptor, and errno, if the kernel refuses.
unique_fd open_perf_event(const perf_event_attr& wanted, pid_t thread);

/// A clause for a refusal, with what allows it where that is known.
std::string perf_problem(const char* what, int error);

}  // namespace regatta::profiling
