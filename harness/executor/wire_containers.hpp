// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "harness/executor/wire.hpp"

namespace regatta {

template <>
struct wire<std::monostate> {
  static void write(wire_writer&, const std::monostate&) {}
  static std::monostate read(wire_reader&) { return {}; }
};

template <class Character>
struct wire<std::basic_string<Character>> {
  using text = std::basic_string<Character>;
  static void write(wire_writer& out, const text& value) {
    out.count(value.size());
    out.bytes(value.data(), value.size() * sizeof(Character));
  }
  static text read(wire_reader& in) {
    text value(in.count(sizeof(Character)), Character());
    const bytes_view bytes = in.bytes(value.size() * sizeof(Character));
    if (!bytes.empty()) std::memcpy(value.data(), bytes.data(), bytes.size());
    return value;
  }
};

namespace internal {

/// Elements that lie in memory as they travel, one after the other.
template <class T>
concept in_one_piece = plain_number<T> && !std::is_same_v<T, bool>;

template <class Container>
struct growing_wire {
  static void write(wire_writer& out, const Container& all) {
    out.count(all.size());
    for (const auto& each : all) wire_write(out, each);
  }
  static Container read(wire_reader& in) {
    // Every element takes a byte at least, but for the empty ones, of which nobody sends many.
    const std::size_t size = in.count(0);
    Container all;
    for (std::size_t i = 0; i < size; ++i) {
      all.insert(all.end(), wire_read<typename Container::value_type>(in));
    }
    return all;
  }
};

/// Keys of a map are const in its elements.
template <class Map>
struct map_wire {
  static void write(wire_writer& out, const Map& all) {
    out.count(all.size());
    for (const auto& [key, value] : all) {
      wire_write(out, key);
      wire_write(out, value);
    }
  }
  static Map read(wire_reader& in) {
    const std::size_t size = in.count(0);
    Map all;
    for (std::size_t i = 0; i < size; ++i) {
      auto key = wire_read<typename Map::key_type>(in);
      all.emplace(std::move(key), wire_read<typename Map::mapped_type>(in));
    }
    return all;
  }
};

template <class Pointer>
struct nullable_wire {
  static void write(wire_writer& out, const Pointer& value) {
    wire_write(out, static_cast<bool>(value));
    if (value) wire_write(out, *value);
  }
};

}  // namespace internal

template <travelling T>
  requires(!internal::in_one_piece<T>)
struct wire<std::vector<T>> : internal::growing_wire<std::vector<T>> {};

template <internal::in_one_piece T>
struct wire<std::vector<T>> {
  static void write(wire_writer& out, const std::vector<T>& all) {
    out.count(all.size());
    out.bytes(all.data(), all.size() * sizeof(T));
  }
  static std::vector<T> read(wire_reader& in) {
    std::vector<T> all(in.count(sizeof(T)));
    const bytes_view bytes = in.bytes(all.size() * sizeof(T));
    if (!bytes.empty()) std::memcpy(all.data(), bytes.data(), bytes.size());
    return all;
  }
};

/// As numbers: a bit of a std::vector<bool> has no address.
template <>
struct wire<std::vector<bool>> {
  static void write(wire_writer& out, const std::vector<bool>& all) {
    out.count(all.size());
    for (const bool each : all) wire_write(out, each);
  }
  static std::vector<bool> read(wire_reader& in) {
    std::vector<bool> all(in.count());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = wire_read<bool>(in);
    return all;
  }
};

template <travelling T>
struct wire<std::set<T>> : internal::growing_wire<std::set<T>> {};
template <travelling T>
struct wire<std::unordered_set<T>> : internal::growing_wire<std::unordered_set<T>> {};
template <travelling Key, travelling T>
struct wire<std::map<Key, T>> : internal::map_wire<std::map<Key, T>> {};
template <travelling Key, travelling T>
struct wire<std::unordered_map<Key, T>> : internal::map_wire<std::unordered_map<Key, T>> {};

template <travelling T, std::size_t Size>
struct wire<std::array<T, Size>> {
  static void write(wire_writer& out, const std::array<T, Size>& all) {
    for (const T& each : all) wire_write(out, each);
  }
  static std::array<T, Size> read(wire_reader& in) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return std::array<T, Size>{(static_cast<void>(I), wire_read<T>(in))...};
    }
    (std::make_index_sequence<Size>());
  }
};

template <travelling A, travelling B>
struct wire<std::pair<A, B>> {
  static void write(wire_writer& out, const std::pair<A, B>& value) {
    wire_write(out, value.first);
    wire_write(out, value.second);
  }
  static std::pair<A, B> read(wire_reader& in) {
    A first = wire_read<A>(in);
    return {std::move(first), wire_read<B>(in)};
  }
};

template <travelling... T>
struct wire<std::tuple<T...>> {
  static void write(wire_writer& out, const std::tuple<T...>& value) {
    std::apply([&](const T&... each) { (wire_write(out, each), ...); }, value);
  }
  static std::tuple<T...> read([[maybe_unused]] wire_reader& in) {
    return std::tuple<T...>{wire_read<T>(in)...};  // braces: from left to right
  }
};

template <travelling T>
struct wire<std::optional<T>> : internal::nullable_wire<std::optional<T>> {
  static std::optional<T> read(wire_reader& in) {
    if (!wire_read<bool>(in)) return std::nullopt;
    return wire_read<T>(in);
  }
};

template <travelling T>
struct wire<std::unique_ptr<T>> : internal::nullable_wire<std::unique_ptr<T>> {
  static std::unique_ptr<T> read(wire_reader& in) {
    if (!wire_read<bool>(in)) return nullptr;
    return std::make_unique<T>(wire_read<T>(in));
  }
};

template <travelling... T>
struct wire<std::variant<T...>> {
  static void write(wire_writer& out, const std::variant<T...>& value) {
    out.count(value.index());
    std::visit([&](const auto& held) { wire_write(out, held); }, value);
  }
  static std::variant<T...> read(wire_reader& in) {
    return read_index(in, in.count(0), std::index_sequence_for<T...>());
  }

 private:
  template <std::size_t First, std::size_t... Rest>
  static std::variant<T...> read_index(wire_reader& in, std::size_t index,
                                       std::index_sequence<First, Rest...>) {
    if constexpr (sizeof...(Rest) > 0) {
      if (index != First) return read_index(in, index, std::index_sequence<Rest...>());
    }
    using held = std::variant_alternative_t<First, std::variant<T...>>;
    return std::variant<T...>(std::in_place_index<First>, wire_read<held>(in));
  }
};

template <travelling Count, class Period>
struct wire<std::chrono::duration<Count, Period>> {
  using time = std::chrono::duration<Count, Period>;
  static void write(wire_writer& out, const time& value) { wire_write(out, value.count()); }
  static time read(wire_reader& in) { return time(wire_read<Count>(in)); }
};

}  // namespace regatta
