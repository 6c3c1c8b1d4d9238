// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/multiple_exceptions.hpp>
#include <boost/system/system_error.hpp>
#include <cstring>
#include <exception>
#include <system_error>
#include <utility>

#include "harness/diagnostics/task_tracker/registry.hpp"
#include "harness/diagnostics/task_tracker/task_findings.hpp"

namespace regatta::internal {

/// The exception itself, or the one that `a && b` and `a || b` kept of two: that of the left side.
inline std::exception_ptr kept_exception(std::exception_ptr thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const boost::asio::multiple_exceptions& several) {
    return kept_exception(several.first_exception());
  } catch (...) {
    return thrown;
  }
}

/// An exception that says no more than that somebody cancelled the task.
inline bool is_cancellation(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const boost::system::system_error& error) {
    const boost::system::error_code& code = error.code();
    const bool of_channel = std::strcmp(code.category().name(), "asio.channel") == 0;
    return code == boost::asio::error::operation_aborted || (of_channel && code.value() == 2);
  } catch (const std::system_error& error) {
    return error.code() == std::errc::operation_canceled;
  } catch (...) {
    return false;
  }
}

/// What `detached` becomes for operations that end with an exception or none: it still takes every
/// completion, but does not swallow an exception in silence.
class lost_exception_reporter {
 public:
  using result_type = void;

  /// Whose completion this will be.
  void attach(task_record* root) noexcept { root_ = record_reference(root); }

  void operator()(std::exception_ptr thrown) const { take(std::move(thrown)); }
  template <class T>
  void operator()(std::exception_ptr thrown, T&&) const {
    take(std::move(thrown));
  }

 private:
  void take(std::exception_ptr thrown) const {
    if (!thrown) return;
    std::exception_ptr kept = kept_exception(std::move(thrown));
    if (!is_cancellation(kept)) report_lost_exception(root_.get(), std::move(kept));
  }
  record_reference root_;
};

struct reported_detached_result {
  using completion_handler_type = lost_exception_reporter;
  using return_type = void;

  template <class Initiation, class Token, class... Args>
  static void initiate(Initiation&& initiation, Token&&, Args&&... args) {
    std::forward<Initiation>(initiation)(lost_exception_reporter(), std::forward<Args>(args)...);
  }
};

}  // namespace regatta::internal

namespace boost::asio {

template <>
class async_result<detached_t, void(std::exception_ptr)>
    : public regatta::internal::reported_detached_result {};

template <class T>
class async_result<detached_t, void(std::exception_ptr, T)>
    : public regatta::internal::reported_detached_result {};

}  // namespace boost::asio
