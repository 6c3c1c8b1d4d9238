// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/loop_monitor/block_report.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace regatta {
namespace {

using namespace std::chrono_literals;

block_report sample() {
  block_report report;
  report.stretch = 7;
  report.loop = "main loop";
  report.thread = 81;
  report.thread_name = "server";
  report.threshold = 100ms;
  report.duration = 212ms;
  report.cpu_time = 2ms;
  report.cause = block_cause::file_sync;
  report.detail = "fsync of /var/lib/db";
  report.shares = {{"fsync", 210ms}, {"on CPU", 2ms}};
  report.blocker = {.address = 2, .function = "store(int)", .place = {"store.cpp", 31}};
  report.stack = {{.address = 1, .function = "fsync", .place = {}}, report.blocker};
  return report;
}

TEST(BlockReport, SaysWhoWhereWhyAndForHowLong) {
  EXPECT_EQ(
      format_block_report(sample()),
      "regatta: main loop: thread 81 (server) has been blocked for 212 ms: file sync (fsync of "
      "/var/lib/db), in store at store.cpp:31\n"
      "    time: fsync 210 ms\n"
      "    stack (innermost first):\n"
      "      fsync\n"
      "      store at store.cpp:31\n");
}

TEST(BlockReport, ShowsTheStackOnceAndWhatWasLeftOut) {
  block_report report = sample();
  report.phase = block_phase::ended;
  report.left_out = 3;
  EXPECT_EQ(format_block_report(report),
            "regatta: main loop: thread 81 (server) goes on after it was blocked for 212 ms: file "
            "sync (fsync of /var/lib/db), in store at store.cpp:31\n"
            "    time: fsync 210 ms\n"
            "    3 more blocked stretches were left out since the last report\n");
}

TEST(BlockReport, SaysWhyThereIsNoStack) {
  block_report report = sample();
  report.stack.clear();
  report.stack_problem = "the thread has ended";
  EXPECT_NE(format_block_report(report).find("    no stack: the thread has ended\n"),
            std::string::npos);
}

TEST(BlockReport, IsOneLineOfJsonWhateverIsInIt) {
  block_report report = sample();
  report.thread_name = "a\"\n\xff";
  const std::string line = format_block_report_json(report);
  EXPECT_EQ(line.find('\n'), line.npos);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json.at("cause"), "file sync");
  EXPECT_EQ(json.at("duration_ns"), 212'000'000);
  EXPECT_EQ(json.at("shares").at(0).at("what"), "fsync");
  EXPECT_EQ(json.at("blocker").at("place").at("line"), 31);
  EXPECT_EQ(json.at("stack").at(0).at("place"), nullptr);
}

}  // namespace
}  // namespace regatta
