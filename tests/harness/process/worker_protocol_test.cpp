// SPDX-License-Identifier: Apache-2.0
#include "harness/process/worker_protocol.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <stdexcept>

namespace regatta {
namespace {

buffer twice(bytes_view dataset, bytes_view input) {
  buffer both = to_buffer(dataset);
  both.insert(both.end(), input.begin(), input.end());
  return both;
}

TEST(KernelOffset, LeadsBackToTheKernel) {
  const kernel back = kernel_at(kernel_offset(twice));
  EXPECT_EQ(back, &twice);
  EXPECT_EQ(as_text(back(as_bytes("a"), as_bytes("b"))), "ab");
}

TEST(KernelOffset, IsRefusedOutsideTheProgramsCode) {
  EXPECT_THROW(kernel_at(~std::uint64_t{0}), std::runtime_error);
  EXPECT_THROW(kernel_at(std::uint64_t{1} << 40U), std::runtime_error);
  static int data = 0;  // of the program, but no code
  EXPECT_THROW(kernel_at(kernel_offset(reinterpret_cast<kernel>(&data))), std::runtime_error);
  int on_the_stack = 0;
  EXPECT_THROW(kernel_at(kernel_offset(reinterpret_cast<kernel>(&on_the_stack))),
               std::runtime_error);
}

TEST(Padded, IsTheNextMultipleOfTheAlignment) {
  EXPECT_EQ(padded(0), 0U);
  EXPECT_EQ(padded(1), wire_alignment);
  EXPECT_EQ(padded(wire_alignment), wire_alignment);
  EXPECT_EQ(padded(wire_alignment + 1), 2 * wire_alignment);
}

}  // namespace
}  // namespace regatta
