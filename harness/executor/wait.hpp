// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ranges>
#include <span>
#include <vector>

#include "harness/executor/future.hpp"

namespace regatta {

/// What wait() waits for. first_exception: a call that threw, or else all of them; a cancelled one
/// has not thrown.
enum class return_when { first_completed, first_exception, all_completed };

template <class R>
struct wait_result {
  std::vector<future<R>> done;  ///< cancelled ones too; each in the order given
  std::vector<future<R>> not_done;
};

namespace internal {

/// Returns when `until` is so, or the limit has come.
void wait_for_calls(std::span<const std::shared_ptr<call>> calls, return_when until,
                    time_limit limit);

template <class Futures>
using result_of_futures = typename std::ranges::range_value_t<Futures>::value_type;

template <class Futures>
std::vector<std::shared_ptr<call>> calls_of(const Futures& futures) {
  std::vector<std::shared_ptr<call>> calls;
  for (const auto& each : futures) calls.push_back(each.call());
  return calls;
}

}  // namespace internal

/// Waits for some or all of `futures`. A timeout is no error: see what is not_done.
template <std::ranges::forward_range Futures>
wait_result<internal::result_of_futures<Futures>> wait(
    const Futures& futures, return_when until = return_when::all_completed,
    std::optional<std::chrono::nanoseconds> timeout = std::nullopt) {
  internal::wait_for_calls(internal::calls_of(futures), until, internal::limit_after(timeout));
  wait_result<internal::result_of_futures<Futures>> result;
  for (const auto& each : futures) (each.done() ? result.done : result.not_done).push_back(each);
  return result;
}

}  // namespace regatta
