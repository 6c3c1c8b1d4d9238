// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <exception>
#include <type_traits>
#include <utility>
#include <variant>

#include "harness/contexts/deadline.hpp"

namespace regatta {

/// What became of one branch of gather_settled: its answer, or what it threw.
template <class T>
using settled = std::variant<T, std::exception_ptr>;

namespace internal {

/// The branches of a gather_settled, as a gather takes them.
template <class Context, class Make>
class settle_each {
 public:
  explicit settle_each(Make make) : make_(std::move(make)) {}
  auto operator()(std::size_t i) { return settle(make_, i); }

 private:
  using answer = typename std::invoke_result_t<Make&, std::size_t>::value_type;

  // The context's deadline is the whole's, not a branch's: who is given no more time must not be
  // given an answer instead.
  static typename Context::template task<settled<answer>> settle(Make& make, std::size_t i) {
    std::exception_ptr thrown;
    try {
      answer value = co_await make(i);
      co_return settled<answer>(std::in_place_index<0>, std::move(value));
    } catch (const deadline_exceeded&) {
      throw;
    } catch (...) {
      thrown = std::current_exception();
    }
    co_return settled<answer>(std::in_place_index<1>, std::move(thrown));
  }

  Make make_;
};

}  // namespace internal
}  // namespace regatta
