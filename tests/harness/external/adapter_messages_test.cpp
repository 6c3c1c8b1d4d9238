// SPDX-License-Identifier: Apache-2.0
#include "harness/external/adapter_messages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace regatta::test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::HasSubstr;

template <class Parse>
std::string fault_of(Parse parse, std::string_view line) {
  try {
    (void)parse(line);
  } catch (const adapter_fault& fault) {
    return fault.what();
  }
  return "none";
}

TEST(AdapterMessages, AHelloNamesApproachesWorkloadsAndTheLock) {
  const adapter_hello hello = parse_hello(
      R"({"say":"hello","protocol":1,"name":"python","runtime":"CPython 3.11.7",
          "interpreter_lock":true,"approaches":{"thread":"a pool"},"workloads":["tokenize"]})");
  EXPECT_EQ(hello.name, "python");
  EXPECT_EQ(hello.runtime, "CPython 3.11.7");
  EXPECT_EQ(hello.interpreter_lock, true);
  EXPECT_EQ(hello.approaches.at("thread"), "a pool");
  EXPECT_THAT(hello.workloads, ::testing::ElementsAre("tokenize"));
}

TEST(AdapterMessages, TheLockMayBeUnknown) {
  const auto hello = parse_hello(
      R"({"say":"hello","protocol":1,"name":"x","runtime":"y","approaches":{},"workloads":[]})");
  EXPECT_EQ(hello.interpreter_lock, std::nullopt);
}

TEST(AdapterMessages, AnotherProtocolIsRefusedByItsNumber) {
  EXPECT_EQ(fault_of(parse_hello, R"({"say":"hello","protocol":9})"),
            "speaks protocol 9, this regatta speaks 1");
}

TEST(AdapterMessages, GarbageIsShownInTheComplaint) {
  EXPECT_EQ(fault_of(parse_hello, "Traceback (most recent call last):"),
            "said what is no JSON object: 'Traceback (most recent call last):'");
  EXPECT_EQ(fault_of(parse_hello, ""), "said what is no JSON object: ''");
  EXPECT_EQ(fault_of(parse_hello, "\x01z\xff"), "said what is no JSON object: '?z?'");
  EXPECT_THAT(fault_of(parse_hello, std::string(5000, '[')), HasSubstr("…"));
  EXPECT_THAT(fault_of(parse_hello, "[1]"), HasSubstr("no JSON object"));
  EXPECT_THAT(fault_of(parse_hello, R"({"say":3})"), HasSubstr("without a \"say\""));
}

TEST(AdapterMessages, MembersThatAreMissingOrOfTheWrongTypeAreNamed) {
  EXPECT_THAT(fault_of(parse_hello, R"({"say":"hello"})"), HasSubstr("\"protocol\" is missing"));
  EXPECT_THAT(fault_of(parse_opened, R"({"say":"ready","workers":"two","capacity":1})"),
              HasSubstr("\"workers\""));
  EXPECT_THAT(fault_of(parse_opened, R"({"say":"ready","workers":-1,"capacity":1})"),
              HasSubstr("\"workers\""));
  EXPECT_THAT(fault_of(parse_opened, R"({"say":"ready","workers":0,"capacity":1})"),
              HasSubstr("a workers of 0"));
  EXPECT_THAT(fault_of(parse_of_epoch, R"({"say":"item","sequence":0,"began_ns":1})"),
              HasSubstr("\"ended_ns\""));
  EXPECT_THAT(
      fault_of(parse_of_epoch,
               R"({"say":"item","sequence":0,"began_ns":1,"ended_ns":18446744073709551615})"),
      HasSubstr("ended_ns of 18446744073709551615"));
}

TEST(AdapterMessages, WhatIsSaidOutOfTurnIsNamed) {
  EXPECT_THAT(fault_of(parse_opened, R"({"say":"item"})"), HasSubstr("'item' where ready"));
  EXPECT_THAT(fault_of(parse_of_epoch, R"({"say":"ready"})"), HasSubstr("'ready' where"));
}

TEST(AdapterMessages, AnUnavailableWorkloadComesWithItsReason) {
  const auto opened = parse_opened(R"({"say":"unavailable","reason":"not written"})");
  EXPECT_EQ(std::get<unavailable>(opened).reason, "not written");
}

adapter_item item_of(const std::string& outcome) {
  return std::get<adapter_item>(
      parse_of_epoch(R"({"say":"item","sequence":7,"began_ns":5,"ended_ns":9,)" + outcome + "}"));
}

TEST(AdapterMessages, AnItemHasAnAnswerADigestOrAnError) {
  const adapter_item answered = item_of(R"("answer":"00fFa1")");
  EXPECT_EQ(answered.sequence, 7U);
  EXPECT_EQ(answered.began.time_since_epoch(), 5ns);
  EXPECT_EQ(answered.ended.time_since_epoch(), 9ns);
  EXPECT_EQ(std::get<buffer>(answered.outcome),
            (buffer{std::byte{0}, std::byte{0xff}, std::byte{0xa1}}));
  EXPECT_EQ(std::get<digest>(item_of(R"("digest":"00000000000000ff")").outcome), 255U);
  EXPECT_EQ(std::get<std::string>(item_of(R"("error":"no luck")").outcome), "no luck");
}

TEST(AdapterMessages, AnswersThatAreNotHexadecimalAreRefused) {
  for (const char* const text : {R"("answer":"0")", R"("answer":"0g")", R"("digest":"12")",
                                 R"("digest":"zz00000000000000")"}) {
    EXPECT_THROW(item_of(text), adapter_fault) << text;
  }
}

TEST(AdapterMessages, AnEpochIsToldWithItsEnd) {
  const epoch_plan plan{.first_index = 100, .in_flight = 4, .window = 10ms, .stagger = 2ms};
  const digest key = 0;
  const epoch slice(plan, {&key, 1});
  const json told = json::parse(epoch_line(slice));
  EXPECT_EQ(told.at("say"), "epoch");
  EXPECT_EQ(told.at("first_index"), 100);
  EXPECT_EQ(told.at("in_flight"), 4);
  EXPECT_EQ(told.at("stagger_ns"), 2'000'000);
  EXPECT_EQ(told.at("end_ns"), slice.window_end()->time_since_epoch().count());
  EXPECT_FALSE(told.contains("items"));
  EXPECT_FALSE(told.contains("due_ns"));
}

TEST(AdapterMessages, AnEpochOfArrivalsNamesEach) {
  const epoch_plan plan{.in_flight = 4, .rate = 1000, .item_limit = 3};
  const digest key = 0;
  const epoch slice(plan, {&key, 1});
  const json told = json::parse(epoch_line(slice));
  EXPECT_EQ(told.at("items"), 3);
  EXPECT_EQ(told.at("due_ns").size(), 3U);
  EXPECT_FALSE(told.contains("end_ns"));
}

}  // namespace
}  // namespace regatta::test
