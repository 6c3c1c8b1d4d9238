// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#include "harness/executor/attempt.hpp"

namespace regatta::internal {

template <class F, class Element>
using mapped_result = std::decay_t<std::invoke_result_t<F&, Element>>;

/// Calls `function` for each of some elements; one that throws spoils no other.
template <class F, class Element>
std::vector<attempt<mapped_result<F, Element>>> call_for_each(F& function,
                                                              std::vector<Element>& elements) {
  using result = mapped_result<F, Element>;
  std::vector<attempt<result>> results;
  results.reserve(elements.size());
  for (auto&& each : elements) {
    results.push_back(
        attempt<result>::of([&]() -> result { return std::invoke(function, std::move(each)); }));
  }
  return results;
}

/// The call of a chunk, for a callable with state: every chunk has a copy of it.
template <class F, class Element>
struct chunk_call {
  auto operator()(std::vector<Element> elements) { return call_for_each(function, elements); }
  F function;
};

/// As stateless as F is, so that it travels where F does.
template <class F, class Element>
struct stateless_chunk_call {
  auto operator()(std::vector<Element> elements) const {
    F function;
    return call_for_each(function, elements);
  }
};

/// For a plain function, which is state: it travels as an argument.
template <class F, class Element>
struct function_chunk_call {
  auto operator()(F function, std::vector<Element> elements) const {
    return call_for_each(function, elements);
  }
};

}  // namespace regatta::internal
