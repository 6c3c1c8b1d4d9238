// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace regatta {

/// What travels: an item's input, a kernel's arguments, an answer. Bytes, so that the price of
/// moving them between processes is real and the same code serves every backend.
using bytes_view = std::span<const std::byte>;
using buffer = std::vector<std::byte>;

inline bytes_view as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

inline std::string_view as_text(bytes_view bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline buffer to_buffer(bytes_view bytes) { return {bytes.begin(), bytes.end()}; }
inline buffer to_buffer(std::string_view text) { return to_buffer(as_bytes(text)); }

/// Reads `bytes` as an array of T in place. REQUIRES: aligned for T, a whole number of them.
template <class T>
std::span<const T> view_as(bytes_view bytes) {
  static_assert(std::is_trivially_copyable_v<T>);
  assert(reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(T) == 0);
  assert(bytes.size() % sizeof(T) == 0);
  return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
}

/// Copies a T out of the front of `bytes`, aligned or not. REQUIRES: bytes.size() >= sizeof(T).
template <class T>
T read_as(bytes_view bytes) {
  static_assert(std::is_trivially_copyable_v<T>);
  assert(bytes.size() >= sizeof(T));
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

/// Appends the bytes of a value or an array of values.
template <class T>
void append(buffer& out, std::span<const T> values) {
  static_assert(std::is_trivially_copyable_v<T>);
  const auto bytes = std::as_bytes(values);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

template <class T>
  requires std::is_trivially_copyable_v<T>
void append(buffer& out, const T& value) { append(out, std::span<const T>(&value, 1)); }

}  // namespace regatta
