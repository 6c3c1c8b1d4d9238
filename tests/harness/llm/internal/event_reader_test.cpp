// SPDX-License-Identifier: Apache-2.0
#include "harness/llm/internal/event_reader.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace regatta::internal {
namespace {

using strings = std::vector<std::string>;

strings read_all(event_reader& reader) {
  strings events;
  while (auto data = reader.next()) events.push_back(std::move(*data));
  return events;
}

strings events_of(std::string_view text) {
  event_reader reader;
  reader.feed(text);
  return read_all(reader);
}

TEST(EventReader, ReadsTheDataOfEachEvent) {
  EXPECT_EQ(events_of("data: one\n\ndata: two\n\n"), (strings{"one", "two"}));
  EXPECT_EQ(events_of("data:no space\n\n"), strings{"no space"});
  EXPECT_EQ(events_of("data:  two spaces\n\n"), strings{" two spaces"});
}

TEST(EventReader, TakesEveryEndOfALine) {
  EXPECT_EQ(events_of("data: a\r\n\r\ndata: b\r\rdata: c\n\n"), (strings{"a", "b", "c"}));
}

TEST(EventReader, JoinsTheLinesOfOneEvent) {
  EXPECT_EQ(events_of("data: a\ndata\ndata: b\n\n"), strings{"a\n\nb"});
}

TEST(EventReader, PassesOverCommentsAndOtherFields) {
  EXPECT_EQ(events_of(": keep-alive\n\nevent: x\nid: 1\nretry: 5\ndata: a\ndatabase: b\n\n"),
            strings{"a"});
  EXPECT_EQ(events_of("event: only\n\n"), strings{});
}

TEST(EventReader, AnEmptyDataLineIsAnEvent) { EXPECT_EQ(events_of("data:\n\n"), strings{""}); }

TEST(EventReader, AnEventWithoutItsEmptyLineIsNotComplete) {
  EXPECT_EQ(events_of("data: a\n"), strings{});
  EXPECT_EQ(events_of("data: a"), strings{});
}

TEST(EventReader, PassesOverAByteOrderMark) {
  EXPECT_EQ(events_of("\xEF\xBB\xBF"
                      "data: a\n\n"),
            strings{"a"});
}

TEST(EventReader, AnyPortionsGiveTheSameEvents) {
  const std::string text =
      ": hi\r\ndata: h\xC3\xA9llo \xF0\x9F\x8C\x8A\r\n\r\ndata: b\r\rdata: c\n\n";
  const strings expected{"h\xC3\xA9llo \xF0\x9F\x8C\x8A", "b", "c"};
  for (std::size_t portion = 1; portion <= text.size(); ++portion) {
    event_reader reader;
    strings events;
    for (std::size_t at = 0; at < text.size(); at += portion) {
      reader.feed(std::string_view(text).substr(at, portion));
      for (auto& event : read_all(reader)) events.push_back(std::move(event));
    }
    EXPECT_EQ(events, expected) << "in portions of " << portion;
  }
}

}  // namespace
}  // namespace regatta::internal
