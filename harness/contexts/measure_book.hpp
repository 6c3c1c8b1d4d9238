// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/measure.hpp"
#include "harness/statistics/duration_histogram.hpp"

namespace regatta {

/// Where the items of a cell write down what they measure: one for the whole cell, in memory that
/// it shares with its worker processes, so that nothing has to travel with their answers and what a
/// worker noted outlives it. A note costs some tens of nanoseconds and takes no lock, so that no
/// worker that dies can leave one locked. Zeroed memory is an empty book. Thread safety: note()
/// from any thread and process; the rest while nobody notes.
class measure_book {
 public:
  static constexpr std::size_t most_names = 8;
  static constexpr std::size_t longest_name = 47;

  /// Throws std::length_error with a sentence if the name is too long or one too many.
  void note(std::string_view name, std::chrono::nanoseconds took);

  /// Everything but the names.
  void clear();
  /// What was noted, by name.
  void add_to(std::map<std::string, duration_histogram>& totals) const;

 private:
  struct page {
    std::atomic<std::uint64_t> key;  ///< digest of its name; 0: unused
    std::atomic<bool> named;
    std::array<std::atomic<char>, longest_name + 1> name;  ///< ends with a 0
    std::atomic<std::uint64_t> count;
    std::atomic<std::int64_t> sum_ns, max_ns;
    std::array<std::atomic<std::uint32_t>, duration_buckets::count> buckets;
  };
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "shared between processes");

  page& page_of(std::string_view name);

  std::array<page, most_names> pages_;
};

/// As a report shows them, in the order of their names.
std::vector<measure> summarise(const std::map<std::string, duration_histogram>& totals);

}  // namespace regatta
