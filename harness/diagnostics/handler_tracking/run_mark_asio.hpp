// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/detail/thread_context.hpp>
#include <boost/asio/detail/thread_info_base.hpp>
#include <exception>

#include "harness/diagnostics/handler_tracking/tracked_thread.hpp"

namespace regatta::internal {

// The one member of Asio's that lives exactly as long as a call of run() does and has no use before
// an exception waits in it. The arguments of an explicit instantiation may name private members.
struct pending_exception_name {
  friend constexpr auto member_of_thread_info(pending_exception_name);
};
template <auto Member>
struct reveal_pending_exception {
  friend constexpr auto member_of_thread_info(pending_exception_name) { return Member; }
};
template struct reveal_pending_exception<
    &boost::asio::detail::thread_info_base::pending_exception_>;

[[gnu::always_inline]] inline std::exception_ptr* mark_place() noexcept {
  auto* const info = boost::asio::detail::thread_context::top_of_thread_call_stack();
  return info != nullptr ? &(info->*member_of_thread_info(pending_exception_name{})) : nullptr;
}

/// Whether this thread is in the same call of run() as at mark_run(): then nothing but the loop's
/// own code ran since, and the program's did not.
[[gnu::always_inline]] inline bool run_is_marked(const tracked_thread& thread) noexcept {
  const std::exception_ptr* const place = mark_place();
  return place != nullptr && *place == thread.run_mark;
}

inline void mark_run(const tracked_thread& thread) noexcept {
  std::exception_ptr* const place = mark_place();
  if (place != nullptr && *place == nullptr) *place = thread.run_mark;
}

}  // namespace regatta::internal
