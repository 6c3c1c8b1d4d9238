// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>

#include "harness/bytes.hpp"

namespace regatta {

/// Where values are written that go to another process of the same program on the same machine:
/// numbers travel as they lie in memory.
class wire_writer {
 public:
  explicit wire_writer(buffer& out) : out_(out) {}
  /// Not inline: g++ 12 would see overflows in std::vector that are not there.
  void bytes(const void* data, std::size_t size);
  void count(std::size_t elements) {
    const std::uint64_t value = elements;
    bytes(&value, sizeof(value));
  }

 private:
  buffer& out_;
};

/// The other end. Throws std::runtime_error if more is read than was written.
class wire_reader {
 public:
  explicit wire_reader(bytes_view in) : rest_(in) {}
  bytes_view bytes(std::size_t size);
  /// A number of elements of at least `least_size` bytes each: one that cannot be is refused here,
  /// before memory is asked for.
  std::size_t count(std::size_t least_size = 1);
  /// Throws std::runtime_error if something was written that nobody has read.
  void expect_end() const;

 private:
  bytes_view rest_;
};

/// How a T travels to another process and back. There are specialisations for numbers, enums,
/// function pointers (wire_types.hpp), strings, containers, pair, tuple, optional, variant,
/// unique_ptr, durations (wire_containers.hpp), and for aggregates of these (wire_aggregates.hpp).
/// For a type of your own:
///
///   template <>
///   struct regatta::wire<money> {
///     static void write(wire_writer& out, const money& value) { wire_write(out, value.cents()); }
///     static money read(wire_reader& in) { return money(wire_read<std::int64_t>(in)); }
///   };
template <class T>
struct wire {};

/// A type whose values can go to another process.
template <class T>
concept travelling = requires(wire_writer& out, wire_reader& in, const T& value) {
  wire<T>::write(out, value);
  { wire<T>::read(in) } -> std::same_as<T>;
};

template <travelling T>
void wire_write(wire_writer& out, const T& value) {
  wire<T>::write(out, value);
}
template <travelling T>
T wire_read(wire_reader& in) {
  return wire<T>::read(in);
}

namespace internal {

using any_function = void (*)();

/// Where in the program a function is. Throws cannot_travel if it is in a shared library: that may
/// lie elsewhere in another process.
std::uint64_t travelling_offset(any_function function);
any_function function_at(std::uint64_t offset);

template <class T>
concept plain_number = std::is_arithmetic_v<T> || std::is_enum_v<T>;

}  // namespace internal

template <class T>
  requires internal::plain_number<T>
struct wire<T> {
  static void write(wire_writer& out, const T& value) { out.bytes(&value, sizeof(value)); }
  static T read(wire_reader& in) { return read_as<T>(in.bytes(sizeof(T))); }
};

template <class R, class... Args>
struct wire<R (*)(Args...)> {
  using function = R (*)(Args...);
  static void write(wire_writer& out, const function& value) {
    wire_write(out, internal::travelling_offset(reinterpret_cast<internal::any_function>(value)));
  }
  static function read(wire_reader& in) {
    return reinterpret_cast<function>(internal::function_at(wire_read<std::uint64_t>(in)));
  }
};

template <class R, class... Args>
struct wire<R (*)(Args...) noexcept> {
  using function = R (*)(Args...) noexcept;
  static void write(wire_writer& out, const function& value) {
    wire_write(out, internal::travelling_offset(reinterpret_cast<internal::any_function>(value)));
  }
  static function read(wire_reader& in) {
    return reinterpret_cast<function>(internal::function_at(wire_read<std::uint64_t>(in)));
  }
};

}  // namespace regatta
