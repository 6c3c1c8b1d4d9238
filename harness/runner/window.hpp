// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

namespace regatta {

/// What is known of a workload's rivals before their first measured epoch. In seconds.
struct window_needs {
  double longest_item = 0;  ///< between two answers of the slowest rival
  double overhead = 0;      ///< that a block of all rivals spends on ramps and drains
  double left = 0;          ///< of the workload's budget
  std::size_t rivals = 1;   ///< that run in the first block
  std::optional<double> rate = std::nullopt;  ///< open loop, per second
  bool by_p99 = false;                        ///< latency is the objective
  bool race = true;                           ///< losers drop out, and it may be lengthened then
};

/// How long the epochs' windows are, the same for all rivals: equal exposure to noise. Of a race
/// long enough for two items of the slowest one, since many short epochs drop a clear loser sooner
/// than few long ones; otherwise for ten. Down to one if the time left would not do for the blocks
/// an answer needs: an item that is not done within the window counts by its share. Where p99
/// counts, long enough to see one if that can be afforded.
std::chrono::nanoseconds choose_window(const window_needs& needs);

/// A longer one than `window`, once the clear losers are out, if there is time for it: what decides
/// between those left is how much of the time is spent measuring, not on ramps and drains. `needs`
/// are those of the rivals left.
std::chrono::nanoseconds lengthen_window(std::chrono::nanoseconds window,
                                         const window_needs& needs);

}  // namespace regatta
