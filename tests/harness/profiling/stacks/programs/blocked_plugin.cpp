// SPDX-License-Identifier: Apache-2.0
namespace {
volatile int calls = 0;
}

/// Not known to anybody before blocked_program loads it.
extern "C" [[gnu::noinline]] void call_from_plugin(void (*function)()) {
  function();
  calls = calls + 1;
}
