// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "harness/statistics/quantile.hpp"

namespace regatta {

// A type that is stored lists its members once, with their names in the file:
//
//   template <class Fields>
//   void fields(Fields& file, stored<Fields, wake_cost>& wake) {
//     file("sender_seconds", wake.sender);
//     file("latency_seconds", wake.latency);
//   }
//
// A writer and a reader walk the same list, so that neither can forget what the other has. Units
// follow from the types: durations are seconds, optionals may be null, an interval is [lower,
// upper], an enum is its name.

/// What `fields` takes: const for a writer.
template <class Fields, class T>
using stored = std::conditional_t<Fields::writes, const T, T>;

template <class Enum>
struct enum_name {
  Enum value;
  const char* name;
};

class field_writer;
class field_reader;

namespace json_fields {

template <class T>
constexpr bool is_optional = false;
template <class T>
constexpr bool is_optional<std::optional<T>> = true;
template <class T>
constexpr bool is_duration = false;
template <class Rep, class Period>
constexpr bool is_duration<std::chrono::duration<Rep, Period>> = true;

template <class T>
concept has_fields = requires(field_writer& file, const T& value) {
  fields(file, value);
};
template <class T>
constexpr bool is_list = false;
template <class T>
constexpr bool is_list<std::vector<T>> = has_fields<T>;

template <class Duration>
double to_seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

/// The duration that to_seconds() makes these seconds of. Fractions of a nanosecond are one or two
/// roundings away from the product.
template <class Duration>
Duration from_seconds(double seconds) {
  using rep = typename Duration::rep;
  const double count = seconds * Duration::period::den / Duration::period::num;
  if constexpr (std::is_integral_v<rep>) {
    return Duration(std::llround(count));
  } else {
    const double below = std::nextafter(count, -HUGE_VAL);
    const double above = std::nextafter(count, HUGE_VAL);
    for (const double near : {count, below, above}) {
      if (to_seconds(Duration(near)) == seconds) return Duration(near);
    }
    return Duration(count);
  }
}

template <class T>
nlohmann::ordered_json write(const T& value);
template <class T>
void read(const nlohmann::json& in, T& value);

}  // namespace json_fields

/// Makes an object of a list of fields.
class field_writer {
 public:
  static constexpr bool writes = true;

  template <class T>
  void operator()(const char* name, const T& value) {
    object_[name] = json_fields::write(value);
  }
  /// Null unless `known`.
  template <class T>
  void known_if(bool known, const char* name, const T& value) {
    object_[name] = known ? json_fields::write(value) : nullptr;
  }
  /// Null if empty.
  void text(const char* name, const std::string& value) { known_if(!value.empty(), name, value); }
  /// Follows from other members: only written.
  template <class Compute>
  void derived(const char* name, Compute compute) {
    object_[name] = json_fields::write(compute());
  }
  /// Members that the file groups and the type does not.
  template <class List>
  void group(const char* name, List list) {
    field_writer inner;
    list(inner);
    object_[name] = std::move(inner.object_);
  }
  nlohmann::ordered_json take() { return std::move(object_); }

 private:
  nlohmann::ordered_json object_ = nlohmann::ordered_json::object();
};

/// Fills the members of a list of fields from an object that has been checked against its schema.
/// What the object lacks, or has as null, stays as it is.
class field_reader {
 public:
  static constexpr bool writes = false;
  explicit field_reader(const nlohmann::json& object) : object_(object) {}

  template <class T>
  void operator()(const char* name, T& value) {
    const auto found = object_.find(name);
    if (found != object_.end() && !found->is_null()) json_fields::read(*found, value);
  }
  template <class T>
  void known_if(bool, const char* name, T& value) {
    (*this)(name, value);
  }
  void text(const char* name, std::string& value) { (*this)(name, value); }
  template <class Compute>
  void derived(const char*, Compute) {}
  template <class List>
  void group(const char* name, List list) {
    const auto found = object_.find(name);
    if (found == object_.end() || !found->is_object()) return;
    field_reader inner(*found);
    list(inner);
  }

 private:
  const nlohmann::json& object_;
};

namespace json_fields {

template <class T>
nlohmann::ordered_json write(const T& value) {
  if constexpr (is_optional<T>) {
    return value ? write(*value) : nullptr;
  } else if constexpr (is_duration<T>) {
    return to_seconds(value);
  } else if constexpr (std::is_enum_v<T>) {
    for (const auto& [each, name] : enum_names(T{})) {
      if (each == value) return name;
    }
    return nullptr;
  } else if constexpr (std::is_same_v<T, interval>) {
    return {value.lower, value.upper};
  } else if constexpr (std::is_same_v<T, std::filesystem::path>) {
    return value.string();
  } else if constexpr (is_list<T>) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& each : value) list.push_back(write(each));
    return list;
  } else if constexpr (has_fields<T>) {
    field_writer file;
    fields(file, value);
    return file.take();
  } else {
    return value;
  }
}

template <class T>
void read(const nlohmann::json& in, T& value) {
  if constexpr (is_optional<T>) {
    read(in, value.emplace());
  } else if constexpr (is_duration<T>) {
    value = from_seconds<T>(in.get<double>());
  } else if constexpr (std::is_enum_v<T>) {
    for (const auto& [each, name] : enum_names(T{})) {
      if (in == name) value = each;
    }
  } else if constexpr (std::is_same_v<T, interval>) {
    value = {in.at(0).get<double>(), in.at(1).get<double>()};
  } else if constexpr (std::is_same_v<T, std::filesystem::path>) {
    value = in.get<std::string>();
  } else if constexpr (is_list<T>) {
    for (const auto& each : in) read(each, value.emplace_back());
  } else if constexpr (has_fields<T>) {
    field_reader file(in);
    fields(file, value);
  } else {
    in.get_to(value);
  }
}

}  // namespace json_fields
}  // namespace regatta
