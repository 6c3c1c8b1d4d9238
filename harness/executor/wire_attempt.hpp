// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/executor/attempt.hpp"
#include "harness/executor/wire_aggregates.hpp"

namespace regatta {

namespace internal {

/// An exception travels as its type's name and its text, and arrives as a remote_error.
void write_exception(wire_writer& out, const std::exception_ptr& error);
std::exception_ptr read_exception(wire_reader& in);

}  // namespace internal

template <class T>
  requires travelling<internal::stored<T>>
struct wire<attempt<T>> {
  static void write(wire_writer& out, const attempt<T>& value) {
    wire_write(out, value.has_value());
    if (value.has_value()) {
      wire_write(out, value.value());
    } else {
      internal::write_exception(out, value.error());
    }
  }
  static attempt<T> read(wire_reader& in) {
    if (!wire_read<bool>(in)) return attempt<T>(internal::read_exception(in));
    return attempt<T>(wire_read<internal::stored<T>>(in));
  }
};

}  // namespace regatta
