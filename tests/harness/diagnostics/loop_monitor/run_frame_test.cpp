// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/loop_monitor/run_frame.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <cstring>

namespace regatta::internal {
namespace {

run_frame frame_in(std::uintptr_t function, std::uint64_t count) {
  run_frame made;
  made.frame.code = function + 2;
  made.frame.stack = 4096;
  for (auto& each : made.frame.preserved) each = 0;
  made.words = {count};
  return made;
}

[[gnu::noinline]] int serves_by_itself(int count) {
  asm volatile("");
  return count + 1;
}

TEST(RunFrame, ThatHasDifferedIsOfTheSameHandlerWhereItIsEqual) {
  run_frame_reader reader;
  reader.warm_up();
  const auto function = reinterpret_cast<std::uintptr_t>(&serves_by_itself);
  const run_frame first = frame_in(function, 1), second = frame_in(function, 2);
  EXPECT_EQ(reader.compare(second, second), same_handler::cannot_tell);
  EXPECT_EQ(reader.compare(first, second), same_handler::no);
  EXPECT_EQ(reader.compare(second, second), same_handler::yes);
}

TEST(RunFrame, OfRunOneSaysNothingWhereItIsEqual) {
  run_frame_reader reader;
  reader.warm_up();
  std::size_t (boost::asio::io_context::*const run_one)() = &boost::asio::io_context::run_one;
  std::uintptr_t function = 0;
  std::memcpy(&function, &run_one, sizeof(function));  // as the C++ ABI of Linux has it
  const run_frame first = frame_in(function, 1), second = frame_in(function, 2);
  EXPECT_EQ(reader.compare(first, second), same_handler::no);
  EXPECT_EQ(reader.compare(second, second), same_handler::cannot_tell);
}

}  // namespace
}  // namespace regatta::internal
