// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/database_connections.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace regatta::test {
namespace {

workload_plan of(unsigned in_flight, std::vector<backend_choice> choices) {
  workload_plan plan;
  plan.in_flight = in_flight;
  plan.backends = std::move(choices);
  return plan;
}

const backend_choice serial{"serial", {}, "serial"};
const backend_choice coroutine{"coroutine", {}, "coroutine"};
const backend_choice thread{"thread", {{"workers", "auto"}}, "thread"};

backend_choice process(const std::string& workers) {
  return {"process", {{"workers", workers}}, "process"};
}

TEST(ConnectionsPerProcess, AreDividedAmongTheCellsAndTheReference) {
  EXPECT_EQ(connections_per_process(of(8, {serial, coroutine, thread}), 40), 10U);
  EXPECT_EQ(connections_per_process(of(8, {coroutine}), 3), 1U);
}

TEST(ConnectionsPerProcess, WorkerProcessesHaveOneEach) {
  EXPECT_EQ(connections_per_process(of(8, {coroutine, process("auto")}), 40), 16U);
  EXPECT_EQ(connections_per_process(of(8, {coroutine, process("20")}), 40), 10U);
  // However many items are in flight, "auto" stops at 32 workers.
  EXPECT_EQ(connections_per_process(of(1000, {coroutine, process("auto")}), 40), 4U);
}

TEST(ConnectionsPerProcess, TooFewAreRefusedWithTheNumbers) {
  try {
    connections_per_process(of(8, {coroutine, process("20")}), 21);
    ADD_FAILURE() << "divided";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("has 21 connections to give"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("need 22 at least"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("max_connections"));
  }
}

}  // namespace
}  // namespace regatta::test
