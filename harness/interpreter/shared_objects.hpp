// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace regatta::interpreter {

/// What Python without a global lock pays instead, by CPython 3.13's rules (PEP 703, "Biased
/// reference counting"; Include/internal/pycore_object.h): an object that another thread made is
/// counted by an atomic addition when it is taken and a compare-and-swap when it is let go. The
/// objects here belong to nobody, so every thread pays that, on lines all threads share.
///
/// How many objects a step of a program touches is the program's. See docs/interpreter-lock.md.
/// Thread safety: any thread.
struct shared_objects {
  /// Objects in the set: as many as a small dict of constants has values.
  static constexpr unsigned count = 64;
  /// A step of Python code touches one, and takes so many times as long as the same step here: as
  /// measured, CPU time of an item of tokenize in CPython 3.11 (780 µs) over that in C++ (18 µs).
  static constexpr unsigned checkpoints_each = 43;

  /// At a checkpoint.
  static void pass() {
    thread_local unsigned passed = 0;
    if (++passed % checkpoints_each == 0) touch_next();
  }

  /// Takes and lets go of one of them; each thread goes through them in an order of its own.
  static void touch_next();
  /// References to all of them together, for tests: unchanged when nobody is between the two.
  static std::int64_t references();
  /// Times one was taken, for tests.
  static std::uint64_t touched_by_this_thread();
};

}  // namespace regatta::interpreter
