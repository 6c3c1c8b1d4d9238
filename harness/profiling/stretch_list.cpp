// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/stretch_list.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace regatta::profiling {
namespace {

void swallow(blocked_stretch& longer, const blocked_stretch& shorter) {
  longer.suppressed += 1 + shorter.suppressed;
  longer.suppressed_time += shorter.duration + shorter.suppressed_time;
}

}  // namespace

void stretch_list::add(blocked_stretch stretch) {
  if (stretches_.size() < most_) {
    stretches_.push_back(std::move(stretch));
    return;
  }
  const auto alike = std::find_if(stretches_.begin(), stretches_.end(), [&](const auto& other) {
    return other.loop == stretch.loop && other.cause == stretch.cause;
  });
  blocked_stretch* const kept = alike != stretches_.end()
                                    ? &*alike
                                    : &*std::min_element(stretches_.begin(), stretches_.end(),
                                                         [](const auto& a, const auto& b) {
                                                           return a.duration < b.duration;
                                                         });
  if (stretch.duration > kept->duration) std::swap(*kept, stretch);
  swallow(*kept, stretch);
}

std::vector<blocked_stretch> stretch_list::of(const std::string& loop) const {
  std::vector<blocked_stretch> found;
  std::copy_if(stretches_.begin(), stretches_.end(), std::back_inserter(found),
               [&](const blocked_stretch& stretch) { return stretch.loop == loop; });
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.duration > b.duration; });
  return found;
}

}  // namespace regatta::profiling
