// SPDX-License-Identifier: Apache-2.0
#include "harness/interpreter/shared_objects.hpp"

#include <array>
#include <atomic>

#include "harness/digest.hpp"

namespace regatta::interpreter {
namespace {

// The smallest object of CPython: 32 bytes without the lock, so two of them share a line.
struct alignas(32) object {
  std::atomic<std::int64_t> shared_count{one};
  static constexpr std::int64_t one = 4;  // the lower two bits are flags
};

std::array<object, shared_objects::count> objects;

thread_local std::uint64_t steps = 0;
thread_local const std::uint64_t own_order = mix64(reinterpret_cast<std::uintptr_t>(&steps));

}  // namespace

void shared_objects::touch_next() {
  std::atomic<std::int64_t>& counter = objects[mix64(own_order + steps++) % count].shared_count;
  // Memory orders are CPython's: the count protects nothing but itself until it is 0.
  counter.fetch_add(object::one, std::memory_order_relaxed);
  std::int64_t seen = counter.load(std::memory_order_relaxed);
  while (!counter.compare_exchange_weak(seen, seen - object::one, std::memory_order_acq_rel,
                                        std::memory_order_relaxed)) {
  }
}

std::int64_t shared_objects::references() {
  std::int64_t sum = 0;
  for (const object& each : objects) {
    sum += each.shared_count.load(std::memory_order_relaxed) / object::one;
  }
  return sum;
}

std::uint64_t shared_objects::touched_by_this_thread() { return steps; }

}  // namespace regatta::interpreter
