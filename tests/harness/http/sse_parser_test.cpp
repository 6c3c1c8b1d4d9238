// SPDX-License-Identifier: Apache-2.0
#include "harness/http/sse_parser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <stdexcept>
#include <vector>

namespace regatta::test {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace std::string_view_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using event_list = std::vector<sse_event>;

event_list taken(sse_parser& parser) {
  event_list events;
  while (auto event = parser.next()) events.push_back(*std::move(event));
  return events;
}

event_list parsed(std::string_view stream) {
  sse_parser parser;
  parser.feed(stream);
  return taken(parser);
}

// In pieces of `size` bytes, taken after each.
event_list parsed_in_pieces(std::string_view stream, std::size_t size) {
  sse_parser parser;
  event_list events;
  for (; !stream.empty(); stream.remove_prefix(std::min(size, stream.size()))) {
    parser.feed(stream.substr(0, size));
    for (sse_event& each : taken(parser)) events.push_back(std::move(each));
  }
  return events;
}

sse_event message(std::string data) {
  return {.type = "message", .data = std::move(data), .id = ""};
}

TEST(SseParser, AnEventEndsWithAnEmptyLine) {
  sse_parser parser;
  parser.feed("data: hello\n");
  EXPECT_EQ(parser.next(), std::nullopt);
  parser.feed("\n");
  EXPECT_EQ(parser.next(), message("hello"));
  EXPECT_EQ(parser.next(), std::nullopt) << "it is taken once";
}

TEST(SseParser, LinesOfDataAreJoined) {
  EXPECT_THAT(parsed("data: YHOO\ndata: +2\ndata: 10\n\n"), ElementsAre(message("YHOO\n+2\n10")));
}

// Examples of the standard, section 9.2.6.
TEST(SseParser, ReadsTheExamplesOfTheStandard) {
  EXPECT_THAT(parsed(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\n"
                     "data:  third event\n\n"),
              ElementsAre(sse_event{"message", "first event", "1"}, message("second event"),
                          message(" third event")));
  EXPECT_THAT(parsed("data\n\ndata\ndata\n\ndata:"), ElementsAre(message(""), message("\n")));
  EXPECT_THAT(parsed("data:test\n\ndata: test\n\n"), ElementsAre(message("test"), message("test")));
}

TEST(SseParser, AnEventHasItsType) {
  EXPECT_THAT(parsed("event: add\ndata: 1\n\ndata: 2\n\n"),
              ElementsAre(sse_event{"add", "1", ""}, message("2")));
}

TEST(SseParser, AnEventWithoutDataIsNoneAndLeavesNoType) {
  EXPECT_THAT(parsed("event: lost\n\ndata: 1\n\n"), ElementsAre(message("1")));
}

TEST(SseParser, AnIdStaysUntilTheNext) {
  EXPECT_THAT(parsed("id: 7\ndata: a\n\ndata: b\n\nid: 8\n\ndata: c\n\n"),
              ElementsAre(sse_event{"message", "a", "7"}, sse_event{"message", "b", "7"},
                          sse_event{"message", "c", "8"}));
}

TEST(SseParser, AnIdWithAZeroIsIgnored) {
  EXPECT_THAT(parsed("id: 7\nid: 8\0\ndata: a\n\n"sv), ElementsAre(sse_event{"message", "a", "7"}));
}

TEST(SseParser, LinesEndInAnyOfThreeWays) {
  const event_list expected{message("a\nb"), message("c")};
  EXPECT_EQ(parsed("data: a\ndata: b\n\ndata: c\n\n"), expected);
  EXPECT_EQ(parsed("data: a\rdata: b\r\rdata: c\r\r"), expected);
  EXPECT_EQ(parsed("data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n"), expected);
  EXPECT_EQ(parsed("data: a\rdata: b\n\r\ndata: c\r\r\n"), expected) << "mixed";
}

TEST(SseParser, ALineEndCutInTwoIsOne) {
  sse_parser parser;
  parser.feed("data: a\r");
  parser.feed("\ndata: b\r");
  EXPECT_THAT(taken(parser), IsEmpty()) << "\\r and \\n would be an empty line";
  parser.feed("\n\r");
  EXPECT_THAT(taken(parser), ElementsAre(message("a\nb"))) << "no need to wait for the \\n";
  parser.feed("\ndata: c\n\n");
  EXPECT_THAT(taken(parser), ElementsAre(message("c")));
}

TEST(SseParser, SkipsAByteOrderMarkAtTheStartOnly) {
  EXPECT_THAT(parsed("\xEF\xBB\xBF"
                     "data: a\n\n"),
              ElementsAre(message("a")));
  EXPECT_THAT(parsed_in_pieces("\xEF\xBB\xBF\ndata: a\n\n", 1), ElementsAre(message("a")));
  EXPECT_THAT(parsed("data: a\n\n\xEF\xBB\xBF"
                     "data: b\n\ndata: c\n\n"),
              ElementsAre(message("a"), message("c")))
      << "later it is part of a name";
  EXPECT_THAT(parsed("\xEF\xBB\xBF\xEF\xBB\xBF"
                     "data: a\n\n"),
              IsEmpty())
      << "one of them";
}

TEST(SseParser, SkipsCommentsAndUnknownFields) {
  EXPECT_THAT(parsed(":\n: keep-alive\nfoo: bar\nDATA: no\n data: no\ndata : no\ndata: yes\n\n"),
              ElementsAre(message("yes")));
}

TEST(SseParser, OneSpaceAfterTheColonIsNotPartOfTheValue) {
  EXPECT_THAT(parsed("data:a\ndata: b\ndata:  c\ndata:\td\ndata: e:f\n\n"),
              ElementsAre(message("a\nb\n c\n\td\ne:f")));
}

TEST(SseParser, RetryTakesDigitsOnly) {
  sse_parser parser;
  EXPECT_EQ(parser.retry(), std::nullopt);
  parser.feed("retry: 1500\n");
  EXPECT_EQ(parser.retry(), 1500ms);
  parser.feed("retry: -1\nretry: 2s\nretry:\nretry: 99999999999999999999999\n");
  EXPECT_EQ(parser.retry(), 1500ms);
}

TEST(SseParser, WhatIsNotFinishedIsNoEvent) {
  EXPECT_THAT(parsed("data: a\n\ndata: b"), ElementsAre(message("a")));
  EXPECT_THAT(parsed("data: a\n\ndata: b\n"), ElementsAre(message("a")));
  EXPECT_THAT(parsed(""), IsEmpty());
}

TEST(SseParser, BytesOfACharacterMayComeApart) {
  const std::string stream = "data: größer – 水\n\n";
  EXPECT_THAT(parsed_in_pieces(stream, 1), ElementsAre(message("größer – 水")));
  EXPECT_THAT(parsed("data: \xFF\xC3\n\n"), ElementsAre(message("\xFF\xC3"))) << "as they came";
}

TEST(SseParser, AnEndlessEventIsRefused) {
  const std::string line = "data: " + std::string(94, 'x') + "\n";
  sse_parser one_line(100);
  EXPECT_NO_THROW(one_line.feed(line + "\n"));
  EXPECT_NO_THROW(one_line.feed(line + "\n")) << "a finished event is not counted any more";
  EXPECT_THROW(one_line.feed("data: " + std::string(95, 'x')), std::length_error);

  sse_parser many_lines(1000);
  EXPECT_THROW(for (int i = 0; i < 20; ++i) many_lines.feed(line), std::length_error);
  sse_parser one_byte(10);
  EXPECT_THROW(for (int i = 0; i < 20; ++i) one_byte.feed(":"), std::length_error);
}

// Whatever comes and however it is cut, the events are the same.
TEST(SseParser, CutsMakeNoDifference) {
  std::mt19937_64 random(20);
  const std::vector<std::string> words{
      "data", "event", "id",           "retry", ":", ": ", "\n",       "\r",   "\r\n", "\n\n",
      "\0"s,  "é",     "\xEF\xBB\xBF", "data:", "x", "12", "\r\n\r\n", "\xFF", " "};
  std::size_t events = 0;
  for (int round = 0; round < 5000; ++round) {
    std::string stream;
    for (auto left = random() % 40; left > 0; --left) stream += words[random() % words.size()];
    const event_list whole = parsed(stream);
    events += whole.size();
    EXPECT_EQ(parsed_in_pieces(stream, 1), whole) << testing::PrintToString(stream);
    EXPECT_EQ(parsed_in_pieces(stream, 1 + random() % 7), whole) << testing::PrintToString(stream);
  }
  EXPECT_GT(events, 1000U) << "the streams are not worth parsing";
}

TEST(SseParser, SurvivesAnyBytes) {
  std::mt19937_64 random(21);
  for (int round = 0; round < 500; ++round) {
    std::string stream(random() % 300, '\0');
    for (char& each : stream) each = static_cast<char>(random());
    sse_parser parser(64);
    try {
      parser.feed(stream);
      for (const sse_event& each : taken(parser)) EXPECT_LE(each.data.size(), 64U);
    } catch (const std::length_error&) {
    }
  }
}

}  // namespace
}  // namespace regatta::test
