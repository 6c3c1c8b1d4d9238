// SPDX-License-Identifier: Apache-2.0
#include "harness/process/worker_protocol.hpp"

#include <stdexcept>

// Set by the linker: see "Source Code Reference to symbols" in the manual of ld.
extern "C" const char __executable_start;
extern "C" const char etext;

namespace regatta {

std::uint64_t kernel_offset(kernel work) {
  return reinterpret_cast<std::uintptr_t>(work) -
         reinterpret_cast<std::uintptr_t>(&__executable_start);
}

kernel kernel_at(std::uint64_t offset) {
  const auto start = reinterpret_cast<std::uintptr_t>(&__executable_start);
  if (offset >= reinterpret_cast<std::uintptr_t>(&etext) - start) {
    throw std::runtime_error(
        "a kernel must be a function of this program, not of a shared library");
  }
  return reinterpret_cast<kernel>(start + offset);
}

}  // namespace regatta
