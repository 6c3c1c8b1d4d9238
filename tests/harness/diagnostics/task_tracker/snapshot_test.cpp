// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/task_tracker/snapshot.hpp"

#include <gtest/gtest.h>

namespace regatta::internal {
namespace {

TEST(IsTrackerFile, WhereverTheHeadersWereFound) {
  EXPECT_TRUE(is_tracker_file("harness/diagnostics/task_tracker/deferred_asio.hpp"));
  EXPECT_TRUE(is_tracker_file("../../harness/diagnostics/task_tracker/deferred_asio.hpp"));
  EXPECT_TRUE(is_tracker_file("/usr/include/regatta/harness/diagnostics/task_tracker/origin.hpp"));
  EXPECT_FALSE(is_tracker_file("/home/me/harness/server.cpp"));
  EXPECT_FALSE(is_tracker_file(__FILE__));
  EXPECT_FALSE(is_tracker_file(""));
}

}  // namespace
}  // namespace regatta::internal
