// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace regatta {

namespace internal {

/// What stands for a result of type T where a value is needed.
template <class T>
using stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

}  // namespace internal

/// What became of calling something: a value or an exception. For void the value is
/// std::monostate.
template <class T>
class attempt {
 public:
  using value_type = internal::stored<T>;

  explicit attempt(value_type value) : value_(std::move(value)) {}
  explicit attempt(std::exception_ptr error) noexcept : error_(std::move(error)) {}

  /// Calls `function` and keeps what comes out of it, whichever way.
  template <class Function>
  static attempt of(Function&& function) noexcept {
    try {
      if constexpr (std::is_void_v<T>) {
        std::forward<Function>(function)();
        return attempt(value_type{});
      } else {
        return attempt(value_type(std::forward<Function>(function)()));
      }
    } catch (...) {
      return attempt(std::current_exception());
    }
  }

  bool has_value() const noexcept { return value_.has_value(); }
  /// Throws the exception, if there is one.
  value_type& value() {
    if (error_) std::rethrow_exception(error_);
    return *value_;
  }
  const value_type& value() const {
    if (error_) std::rethrow_exception(error_);
    return *value_;
  }
  /// Null if there is a value.
  const std::exception_ptr& error() const noexcept { return error_; }

 private:
  std::optional<value_type> value_;
  std::exception_ptr error_;
};

}  // namespace regatta
