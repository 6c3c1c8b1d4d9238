// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/debug_options.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <stdexcept>

namespace regatta {
namespace {

using namespace std::chrono_literals;

TEST(DebugOptions, NothingAndOneMeanTheDefaults) {
  EXPECT_EQ(parse_debug_options(""), debug_options{});
  EXPECT_EQ(parse_debug_options("1"), debug_options{});
  EXPECT_FALSE(parse_debug_options("0").on);
}

TEST(DebugOptions, AListSetsEachOfItsParts) {
  const debug_options options = parse_debug_options("slow=50ms,origin=16,fatal,json,signal=USR2");
  EXPECT_EQ(options.slow, 50ms);
  EXPECT_EQ(options.origin, 16U);
  EXPECT_TRUE(options.fatal && options.json && options.on);
  EXPECT_EQ(options.signal, SIGUSR2);
  EXPECT_FALSE(options.abandoned);
}

TEST(DebugOptions, TimesHaveTheirUnit) {
  EXPECT_EQ(parse_debug_options("slow=250us").slow, 250us);
  EXPECT_EQ(parse_debug_options("slow=1.5s").slow, 1500ms);
}

TEST(DebugOptions, WhatIsWrongIsNamed) {
  for (const char* text : {"slow=50", "slow=", "slow=-1ms", "slow=fast", "origin=17", "origin=x",
                           "signal=KILL", "fatal=1", "quick", "origin=8 "}) {
    EXPECT_THROW(parse_debug_options(text), std::invalid_argument) << text;
  }
  try {
    parse_debug_options("fatal,origin=17");
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "origin is '17', it may be 0 to 16 frames");
  }
}

}  // namespace
}  // namespace regatta
