// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/symbols.hpp"

#include <gtest/gtest.h>

#include "harness/diagnostics/task_tracker/origin.hpp"
#include "tests/harness/diagnostics/task_tracker/collected_reports.hpp"

namespace regatta {
namespace {

constexpr unsigned here_line = __LINE__ + 1;
[[gnu::noinline]] std::uintptr_t an_address() { return internal::here(); }

volatile int apart = 0;  // so that identical code is not folded with an_address()
[[gnu::always_inline]] inline std::uintptr_t inlined() { return internal::here(); }
constexpr unsigned call_line = __LINE__ + 3;
[[gnu::noinline]] std::uintptr_t calls_inlined() {
  apart = 1;
  return inlined();
}

TEST(Symbols, NameAFunctionWithItsLine) {
  const auto frames = own_symbols().at_call(an_address());
  const source_frame& physical = frames.back();
  EXPECT_EQ(short_function_name(physical.function), "regatta::(anonymous namespace)::an_address");
  EXPECT_FALSE(physical.inlined);
  EXPECT_TRUE(is_at(physical.place, __FILE__, here_line)) << to_string(physical.place);
}

TEST(Symbols, NameWhatWasInlinedAndWhereItWasCalled) {
  const auto frames = own_symbols().at_call(calls_inlined());
  ASSERT_GE(frames.size(), 2U);
  EXPECT_TRUE(frames[frames.size() - 2].inlined);
  EXPECT_NE(frames[frames.size() - 2].function.find("inlined"), std::string::npos);
  EXPECT_TRUE(is_at(frames.back().place, __FILE__, call_line)) << to_string(frames.back().place);
}

TEST(Symbols, FindALambdaInAFunction) {
  const auto lambda = [] { return internal::here(); };
  const unsigned line = __LINE__ - 1;
  const auto frames = own_symbols().at_call(lambda());
  bool found = false;
  for (const source_frame& frame : frames) found = found || is_at(frame.place, __FILE__, line);
  EXPECT_TRUE(found);
}

TEST(Symbols, GiveAnAddressNobodyKnowsAsItIs) {
  const auto frames = own_symbols().at(0x10);
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].function, "0x10");
  EXPECT_FALSE(frames[0].place.known());
}

TEST(Symbols, OfAProcessThatIsNotThereKnowNothing) {
  symbols nobody(1 << 30);
  EXPECT_EQ(nobody.at(0x1000).front().function, "0x1000");
}

TEST(LibraryFrame, IsKnownByItsFileHoweverThatIsWritten) {
  const auto is_library = [](const char* file) {
    return is_library_frame({.function = "lock(m*)", .place = {.file = file, .line = 7}});
  };
  EXPECT_TRUE(is_library("/usr/include/c++/12/mutex"));
  EXPECT_TRUE(is_library(
      "/usr/lib/gcc/x86_64-linux-gnu/12/../../../../include/x86_64-linux-gnu/c++/12/bits/gthr.h"));
  EXPECT_TRUE(is_library("/opt/boost/asio.hpp"));
  EXPECT_FALSE(is_library("/srv/app/include/lock.hpp"));
}

TEST(ShortFunctionName, LeavesParametersAndReturnTypesOut) {
  for (const auto& [full, brief] : {
           std::pair{"echo(boost::asio::ip::tcp::socket)", "echo"},
           {"main::{lambda()#1}::operator()() const", "main::{lambda()#1}::operator()"},
           {"void f<int (*)(long)>(int (*)(long), g(int))", "f<int (*)(long)>"},
           {"a::b<c (d)>::e(f<g>) const", "a::b<c (d)>::e"},
           {"(anonymous namespace)::f(int)", "(anonymous namespace)::f"},
           {"main", "main"},
           {"", ""},
       }) {
    EXPECT_EQ(short_function_name(full), brief);
  }
}

}  // namespace
}  // namespace regatta
