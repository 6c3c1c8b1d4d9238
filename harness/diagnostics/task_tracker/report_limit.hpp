// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace regatta::internal {

/// A report of the same place once a second, and of all places twenty a second: a finding in a loop
/// must not bury the program's own output. Time is passed in.
/// Thread safety: none; its owner locks.
class report_limit {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// How many at this place were left out since the last one that was admitted; nothing if this one
  /// is to be left out too.
  std::optional<std::uint64_t> admit(const std::string& place, time_point now) {
    if (now - second_ >= std::chrono::seconds(1)) {
      second_ = now;
      admitted_ = 0;
    }
    if (places_.size() >= most_places && !places_.contains(place)) {
      ++places_["other places"].left_out;
      return std::nullopt;
    }
    auto [entry, is_new] = places_.try_emplace(place);
    history& seen = entry->second;
    const bool due = is_new || !seen.last || now - *seen.last >= std::chrono::seconds(1);
    if (!due || admitted_ >= most_a_second) {
      ++seen.left_out;
      return std::nullopt;
    }
    ++admitted_;
    seen.last = now;
    return std::exchange(seen.left_out, 0);
  }

  /// Every place with what was left out there and not told yet.
  std::vector<std::pair<std::string, std::uint64_t>> take_left_out() {
    std::vector<std::pair<std::string, std::uint64_t>> result;
    for (auto& [place, seen] : places_) {
      if (seen.left_out != 0) result.emplace_back(place, std::exchange(seen.left_out, 0));
    }
    return result;
  }

 private:
  struct history {
    std::optional<time_point> last;
    std::uint64_t left_out = 0;
  };
  static constexpr std::size_t most_places = 1000;
  static constexpr unsigned most_a_second = 20;

  std::map<std::string, history> places_;
  time_point second_{};
  unsigned admitted_ = 0;
};

}  // namespace regatta::internal
