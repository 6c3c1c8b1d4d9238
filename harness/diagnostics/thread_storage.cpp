// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/thread_storage.hpp"

#include <cstddef>
#include <initializer_list>

#include "harness/diagnostics/own_memory.hpp"

namespace regatta::internal {
namespace {

std::uintptr_t thread_pointer() noexcept {
  std::uintptr_t address = 0;
#if defined(__x86_64__)
  asm("movq %%fs:0, %0" : "=r"(address));
#elif defined(__aarch64__)
  asm("mrs %0, tpidr_el0" : "=r"(address));
#endif
  return address;
}

}  // namespace

std::uintptr_t find_in_thread_storage(std::uintptr_t value) noexcept {
  constexpr std::size_t step = 512, farthest = 64 * 1024;
  constexpr std::size_t words = step / sizeof(std::uintptr_t);
  const std::uintptr_t pointer = thread_pointer() & ~std::uintptr_t{7};
  std::uintptr_t block[words];
  // Below the pointer on x86-64, above it on AArch64 (ELF Handling For Thread-Local Storage).
  for (std::size_t distance = 0; distance < farthest; distance += step) {
    for (const std::uintptr_t at : {pointer - distance - step, pointer + distance}) {
      const std::size_t got = read_own_memory(at, block, step) / sizeof(std::uintptr_t);
      for (std::size_t i = 0; i < got; ++i) {
        if (block[i] == value) return at + i * sizeof(std::uintptr_t);
      }
    }
  }
  return 0;
}

}  // namespace regatta::internal
