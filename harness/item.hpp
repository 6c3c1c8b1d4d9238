// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "harness/bytes.hpp"

namespace regatta {

/// One unit of work of a workload. Deterministic: the same index always has the same input and the
/// same answer. `input` is borrowed for as long as the item runs.
struct item {
  std::uint64_t index = 0;
  bytes_view input;
};

/// A pure function over the workload's dataset and its own input. It is named by its address, so
/// that it can be called in another process of the same program; it must not touch other state.
using kernel = buffer (*)(bytes_view dataset, bytes_view input);

/// What a kernel would be in a Python program: it decides who may run beside it under an
/// interpreter lock.
enum class kernel_kind {
  interpreted,  ///< Python itself, str and re: holds the lock; calls interpreter::checkpoint()
  native        ///< a library such as NumPy or Pillow: lets go of it
};

/// A kernel that is to be run. A plain kernel is an interpreted one: ctx.compute(encode, input);
/// the other kind is said at the call: ctx.compute(native(multiply), input).
struct kernel_call {
  // Implicit: who writes a workload need not know of this type.
  kernel_call(kernel called, kernel_kind what = kernel_kind::interpreted)
      : function(called), kind(what) {}
  kernel function;
  kernel_kind kind;
};
inline kernel_call native(kernel function) { return {function, kernel_kind::native}; }

}  // namespace regatta
