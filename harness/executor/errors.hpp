// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace regatta {

/// The call was cancelled before it began: it has neither a result nor an exception.
struct cancelled_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A wait ended before what was waited for was there. Nothing was cancelled by it.
struct timeout_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The worker process that was at this call has died; the text has its pid and how. Other calls
/// are not affected, and the worker is replaced.
struct broken_executor : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// submit() after shutdown().
struct executor_shut_down : std::logic_error {
  using std::logic_error::logic_error;
};

/// This callable, or one of these arguments, cannot be sent to another process; the text says why.
struct cannot_travel : std::logic_error {
  using std::logic_error::logic_error;
};

/// This build or this machine lacks what an executor needs; the text says what.
struct executor_unavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What a callable threw in a worker process. what() is the original's what(), so that a program
/// that catches std::exception and prints it does not notice where it ran.
class remote_error : public std::runtime_error {
 public:
  remote_error(std::string type, const std::string& text)
      : std::runtime_error(text), type_(std::move(type)) {}

  /// Of the original: "std::out_of_range".
  const std::string& type() const noexcept { return type_; }

 private:
  std::string type_;
};

}  // namespace regatta
