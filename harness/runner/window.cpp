// SPDX-License-Identifier: Apache-2.0
#include "harness/runner/window.hpp"

#include <algorithm>

namespace regatta {
namespace {

using std::chrono::duration;
using std::chrono::duration_cast;
using std::chrono::nanoseconds;
using namespace std::chrono_literals;

// A race of eleven drops the losers after twelve blocks and knows a tie after fifteen where nothing
// but the noise of a clock disturbs it; noise makes it more. In blocks of all rivals.
constexpr double wanted_blocks = 24;
constexpr double wanted_more = 12;  // of those left, once the losers are out
// Below this the ramp, the drain and the messages around an epoch cost more than the epoch.
constexpr nanoseconds shortest = 20ms;
constexpr double arrivals_for_p99 = 150;  // it takes a hundred, and they come at random

nanoseconds from_seconds(double seconds) {
  return duration_cast<nanoseconds>(duration<double>(seconds));
}

double rivals_of(const window_needs& needs) {
  return static_cast<double>(std::max<std::size_t>(1, needs.rivals));
}

double affordable_of(const window_needs& needs, double blocks) {
  return (needs.left / blocks - needs.overhead) / rivals_of(needs);
}

}  // namespace

nanoseconds choose_window(const window_needs& needs) {
  double items = needs.race ? 2 : 10;
  if (needs.by_p99 && !needs.rate) items = 2 * arrivals_for_p99;
  const double wanted = std::min(items * needs.longest_item,
                                 std::max(affordable_of(needs, wanted_blocks), needs.longest_item));
  const auto window = from_seconds(std::min(wanted, 1.0));
  if (!needs.rate) return std::max(window, shortest);
  return std::clamp<nanoseconds>(from_seconds(arrivals_for_p99 / *needs.rate),
                                 std::max(window, shortest), 2s);
}

nanoseconds lengthen_window(nanoseconds window, const window_needs& needs) {
  const double twice_the_rest = 2 * needs.overhead / rivals_of(needs);
  const double affordable = affordable_of(needs, wanted_more);
  return std::max(window, from_seconds(std::min({twice_the_rest, affordable, 1.0})));
}

}  // namespace regatta
