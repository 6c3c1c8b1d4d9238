// SPDX-License-Identifier: Apache-2.0
#include "tools/name_list.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace regatta {
namespace {

using ::testing::ElementsAre;

TEST(NameList, CommasSeparateNamesButNotOptions) {
  EXPECT_THAT(split_names({"serial,coroutine*", "process:start=spawn,chunk=8", "tbb"}),
              ElementsAre("serial", "coroutine*", "process:start=spawn,chunk=8", "tbb"));
}

TEST(NameList, AnEmptyNameIsKeptToBeRefused) {
  EXPECT_THAT(split_names({"", "a,,b"}), ElementsAre("", "a", "", "b"));
}

}  // namespace
}  // namespace regatta
