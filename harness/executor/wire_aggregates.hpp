// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/pfr/core.hpp>
#include <boost/pfr/tuple_size.hpp>
#include <type_traits>
#include <utility>

#include "harness/executor/wire_containers.hpp"

namespace regatta {

namespace internal {

/// Turns into any base class of T, so into T's first initialiser if T has a base class: Boost.PFR
/// would stop the compiler at such a type, we only want to know.
template <class T>
struct any_base_of {
  template <class Base>
    requires(std::is_base_of_v<Base, T> && !std::is_same_v<Base, T>)
  operator Base() const;
};

template <class T>
concept derived_aggregate = requires {
  T{any_base_of<T>()};
};

/// A struct of values: no base, no constructor of its own, nothing that cannot be made empty first.
template <class T>
concept plain_aggregate =
    std::is_class_v<T> && std::is_aggregate_v<T> && std::is_default_constructible_v<T> &&
    std::is_move_constructible_v<T> && !std::is_empty_v<T> &&
    !derived_aggregate<T>;

template <class T, std::size_t... I>
constexpr bool fields_travel(std::index_sequence<I...>) {
  return (travelling<boost::pfr::tuple_element_t<I, T>> && ...);
}
template <class T>
constexpr bool all_fields_travel() {
  return fields_travel<T>(std::make_index_sequence<boost::pfr::tuple_size_v<T>>());
}

}  // namespace internal

/// Aggregates of types that travel, field by field.
template <class T>
  requires(internal::plain_aggregate<T>&& internal::all_fields_travel<T>())
struct wire<T> {
  static void write(wire_writer& out, const T& value) {
    boost::pfr::for_each_field(value, [&](const auto& field) { wire_write(out, field); });
  }
  static T read(wire_reader& in) {
    T value{};
    boost::pfr::for_each_field(value,
                               [&]<class Field>(Field& field) { field = wire_read<Field>(in); });
    return value;
  }
};

}  // namespace regatta
