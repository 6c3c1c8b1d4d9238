// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/model_latency.hpp"

#include <gtest/gtest.h>

namespace regatta::test {
namespace {

TEST(LatencyInModelName, IsWhatFollowsTheLastAt) {
  EXPECT_EQ(latency_in_model_name("regatta-mock@2s"), parse_latency_distribution("2s"));
  EXPECT_EQ(latency_in_model_name("a@b@lognormal:200ms:0.25"),
            parse_latency_distribution("lognormal:200ms:0.25"));
  EXPECT_EQ(latency_in_model_name("@0"), parse_latency_distribution("0"));
}

TEST(LatencyInModelName, OtherNamesHaveNone) {
  for (const char* name : {"regatta-mock", "", "claude@20240229", "mock@", "mock@soon", "2s",
                           "mock@2 s", "mock@-1s", "mock@9000s"}) {
    EXPECT_EQ(latency_in_model_name(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace regatta::test
