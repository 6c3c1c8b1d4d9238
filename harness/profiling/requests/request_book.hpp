// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "harness/profiling/bpf/request_events.h"
#include "harness/profiling/requests/request_profile.hpp"

namespace regatta::profiling {

/// Requests and calls as the kernel side tells them, gathered into classes and upstreams. Pure: no
/// clock, no kernel. Thread safety: one thread.
class request_book {
 public:
  /// `began`: ns of CLOCK_MONOTONIC; samples' arrivals count from there.
  explicit request_book(std::uint64_t began) : began_(began) {}

  void add(const kernel_side::request_event& request);
  void add(const kernel_side::brief_events& briefs);
  void add(const kernel_side::call_event& call);
  void add(const kernel_side::chunk_event& chunk);

  /// Requests so far.
  std::uint64_t size() const { return size_; }

  /// The classes, upstreams, count and pool of all that was added. `peers`: names by number + 1;
  /// `unowned_cpu`: of threads that serve no connection, which is shared among the classes.
  request_profile profile(const std::map<std::uint32_t, std::string>& peers,
                          std::chrono::nanoseconds unowned_cpu) const;

 private:
  struct kept_sample {
    std::uint64_t order = 0;  ///< the largest goes when there is no room
    kernel_side::request_event event{};
  };
  struct gathered {
    duration_histogram latency, queue, cpu;
    std::array<double, kernel_side::time_kinds> spent{};  ///< sums, ns
    double gap_idle = 0, bytes_in = 0, bytes_out = 0;
    std::vector<kept_sample> samples;  ///< a heap by order
  };
  struct gathered_calls {
    std::uint64_t calls = 0, chunks = 0;
    duration_histogram first_byte, gap, total;
  };
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  gathered& class_of(std::string_view first_bytes);
  void add_to(gathered& to, const kernel_side::request_event& request);
  request_class finished(const std::string& name, const gathered& from,
                         const std::map<std::uint32_t, std::string>& peers,
                         double unowned_share) const;

  std::uint64_t began_;
  std::uint64_t size_ = 0;
  std::uint64_t random_ = 0x9E3779B97F4A7C15;
  std::map<std::string, std::unique_ptr<gathered>, std::less<>> classes_;
  std::unordered_map<std::string, gathered*, text_hash, std::equal_to<>> by_line_;
  std::unordered_map<std::uint32_t, gathered*> by_number_;
  std::map<std::uint32_t, gathered_calls> calls_;
  std::set<std::uint32_t> loop_threads_, other_threads_, processes_;
};

}  // namespace regatta::profiling
