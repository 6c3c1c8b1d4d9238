// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "harness/executor/internal/call.hpp"
#include "harness/executor/wire_attempt.hpp"

namespace regatta::internal {

template <class F>
concept plain_function =
    std::is_pointer_v<F> && std::is_function_v<std::remove_pointer_t<F>> && travelling<F>;

/// A lambda without captures, or another callable without state: its type says all.
template <class F>
concept stateless = std::is_class_v<F> && std::is_empty_v<F> && std::is_default_constructible_v<F>;

template <class F>
concept travelling_callable = plain_function<F> || stateless<F>;

/// A plain function as a stateless callable whose first argument it is.
template <plain_function F>
struct call_pointer {
  template <class... Args>
  decltype(auto) operator()(F function, Args&&... args) const {
    return function(std::forward<Args>(args)...);
  }
};

/// In the worker: reads the arguments, calls, writes what came of it. A kernel, so that it travels
/// as those of workloads do. Nothing leaves it but running out of memory.
template <class R, class F, class... Args>
buffer travelled(bytes_view, bytes_view input) {
  const auto result = attempt<R>::of([&]() -> R {
    wire_reader in(input);
    std::tuple<Args...> args{wire_read<Args>(in)...};  // braces: from left to right
    in.expect_end();
    return std::apply([](Args&... each) -> R { return std::invoke(F(), std::move(each)...); },
                      args);
  });
  buffer answer;
  wire_writer out(answer);
  try {
    wire_write(out, result);
  } catch (...) {  // of a user's wire<R>::write
    answer.clear();
    wire_write(out, attempt<R>(std::current_exception()));
  }
  return answer;
}

/// "argument 2 (std::mutex*)", for the sentence that says why a call cannot travel.
std::string named_type(const std::string& what, const std::type_info& type);
[[noreturn]] void refuse_to_travel(const std::string& what, const std::string& instead);

/// All that is known when it is compiled about a call: what it answers, and whether it can go to
/// another process. F and Args are decayed.
template <class F, class... Args>
struct travelling_shape {
  using result = std::decay_t<std::invoke_result_t<F, Args...>>;

  static constexpr bool callable_travels = travelling_callable<F>;
  static constexpr bool arguments_travel = (travelling<Args> && ...);
  static constexpr bool result_travels = travelling<stored<result>>;
  static constexpr bool travels = callable_travels && arguments_travel && result_travels;

  /// Does not compile unless it travels.
  static constexpr void must_travel() {
    static_assert(callable_travels,
                  "this callable cannot travel to another process: give a plain function or a "
                  "lambda without captures, and what it captures as arguments");
    static_assert(arguments_travel,
                  "an argument of this call cannot travel to another process: specialise "
                  "regatta::wire for its type (for text, pass a std::string)");
    static_assert(result_travels,
                  "the result of this call cannot travel back from another process: specialise "
                  "regatta::wire for its type");
  }

  /// Throws cannot_travel with the reason. REQUIRES: it does not travel.
  [[noreturn]] static void refuse() {
    if constexpr (!callable_travels) {
      refuse_to_travel(named_type("the callable", typeid(F)),
                       "give a plain function or a lambda without captures, and what it captures "
                       "as arguments");
    } else if constexpr (!arguments_travel) {
      std::string which;
      std::size_t number = 0;
      const auto look = [&](bool travels_too, const std::type_info& type) {
        ++number;
        if (!travels_too && which.empty()) {
          which = named_type("argument " + std::to_string(number), type);
        }
      };
      (look(travelling<Args>, typeid(Args)), ...);
      refuse_to_travel(which,
                       "specialise regatta::wire for its type (for text, pass a std::string)");
    } else {
      refuse_to_travel(named_type("the result", typeid(result)),
                       "specialise regatta::wire for its type");
    }
  }

  /// REQUIRES: it travels.
  template <class GivenF, class... Given>
  static travelling_call pack(GivenF&& function, Given&&... args) {
    travelling_call packed;
    wire_writer out(packed.input);
    if constexpr (plain_function<F>) {
      packed.work = travelled<result, call_pointer<F>, F, Args...>;
      wire_write<F>(out, function);
    } else {
      packed.work = travelled<result, F, Args...>;
    }
    (write_argument<Args>(out, std::forward<Given>(args)), ...);
    return packed;
  }

 private:
  template <class T, class Given>
  static void write_argument(wire_writer& out, Given&& given) {
    if constexpr (std::is_same_v<T, std::remove_cvref_t<Given>>) {
      wire_write<T>(out, given);
    } else {
      wire_write<T>(out, T(std::forward<Given>(given)));  // an array decays, for one
    }
  }
};

}  // namespace regatta::internal
