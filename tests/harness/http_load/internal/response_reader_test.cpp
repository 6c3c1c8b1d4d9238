// SPDX-License-Identifier: Apache-2.0
#include "harness/http_load/internal/response_reader.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace regatta::http_load::test {
namespace {

using progress = response_reader::progress;

struct outcome {
  progress end = progress::more;
  unsigned status = 0;
  bool keep_alive = true;
  std::string body;
  std::string left;  ///< after the response

  bool operator==(const outcome&) const = default;
};

// Reads `text` in pieces that end at `cuts`.
outcome read(const std::string& text, const std::vector<std::size_t>& cuts, known_head& known,
             bool no_body = false) {
  response_reader reader;
  reader.expect(no_body, true);
  outcome seen;
  std::size_t at = 0;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    const std::size_t end = i < cuts.size() ? cuts[i] : text.size();
    std::string_view piece = std::string_view(text).substr(at, end - at);
    at = end;
    if (piece.empty()) continue;
    seen.end = reader.feed(piece, known);
    seen.body += reader.take_body();
    if (seen.end != progress::more) {
      seen.left = std::string(piece) + text.substr(at);
      break;
    }
  }
  if (seen.end != progress::malformed) {
    seen.status = reader.status();
    seen.keep_alive = reader.keep_alive();
  }
  return seen;
}

outcome read_whole(const std::string& text, bool no_body = false) {
  known_head known;
  return read(text, {}, known, no_body);
}

const std::string plain =
    "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n"
    "Connection: keep-alive\r\n\r\nhello";
const std::string chunked =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nT: "
    "u\r\n\r\n";

TEST(ResponseReader, ReadsHoweverTheBytesAreCut) {
  for (const std::string& text :
       {plain, chunked, "HTTP/1.1 100 Continue\r\n\r\n" + plain,
        std::string("HTTP/1.1 500 \r\ncontent-length:5 \r\nconnection: close\r\n\r\nhello"),
        std::string("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello")}) {
    const outcome whole = read_whole(text);
    EXPECT_EQ(whole.end, progress::complete) << text;
    EXPECT_EQ(whole.body, "hello") << text;
    for (std::size_t first = 1; first < text.size(); ++first) {
      for (std::size_t second = first; second < text.size(); second += 7) {
        known_head known;
        ASSERT_EQ(read(text, {first, second}, known), whole) << text << first << ' ' << second;
      }
    }
  }
}

TEST(ResponseReader, AKnownHeadIsReadTheSame) {
  known_head known;
  const outcome first = read(plain, {}, known);
  EXPECT_FALSE(known.bytes.empty());
  EXPECT_EQ(read(plain, {}, known), first);
  const std::string longer = plain.substr(0, plain.find("Content-Length")) +
                             "Content-Length: 2\r\nConnection: keep-alive\r\n\r\nok";
  EXPECT_EQ(read(longer, {}, known).body, "ok") << "the known head is another one";
  EXPECT_EQ(read(plain, {3}, known), first) << "a head that comes in two pieces";
}

TEST(ResponseReader, SaysWhetherTheConnectionStays) {
  EXPECT_TRUE(read_whole(plain).keep_alive);
  EXPECT_TRUE(read_whole("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").keep_alive);
  EXPECT_FALSE(
      read_whole("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: Close\r\n\r\n").keep_alive);
  EXPECT_FALSE(read_whole("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").keep_alive);
}

TEST(ResponseReader, SomeAnswersHaveNoBody) {
  EXPECT_EQ(read_whole(plain.substr(0, plain.find("hello")), true).end, progress::complete)
      << "of HEAD";
  EXPECT_EQ(read_whole("HTTP/1.1 204 No Content\r\n\r\n").end, progress::complete);
  EXPECT_EQ(read_whole("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n").end,
            progress::complete);
}

TEST(ResponseReader, WithoutALengthTheBodyLastsUntilTheEnd) {
  known_head known;
  response_reader reader;
  reader.expect(false, true);
  std::string_view piece = "HTTP/1.1 200 OK\r\n\r\nhel";
  EXPECT_EQ(reader.feed(piece, known), progress::more);
  piece = "lo";
  EXPECT_EQ(reader.feed(piece, known), progress::more);
  EXPECT_EQ(reader.end(), progress::complete);
  EXPECT_EQ(reader.take_body(), "hello");
  EXPECT_FALSE(reader.keep_alive());
}

TEST(ResponseReader, AnEndInTheMiddleIsMalformed) {
  for (const std::string& text : {plain, chunked}) {
    for (std::size_t size = 0; size < text.size(); ++size) {
      known_head known;
      response_reader reader;
      reader.expect(false, false);
      std::string_view piece = std::string_view(text).substr(0, size);
      if (!piece.empty()) {
        ASSERT_EQ(reader.feed(piece, known), progress::more) << size;
      }
      ASSERT_EQ(reader.end(), progress::malformed) << text.substr(0, size);
    }
  }
}

TEST(ResponseReader, WhatFollowsIsLeft) {
  EXPECT_EQ(read_whole(plain + "more").left, "more");
  EXPECT_EQ(read_whole(chunked + "more").left, "more");
  known_head known;
  EXPECT_EQ(read(chunked + "more", {20, 50}, known).left, "more");
}

TEST(ResponseReader, NonsenseIsMalformed) {
  for (const char* text :
       {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nA b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    EXPECT_EQ(read_whole(text).end, progress::malformed) << text;
  }
  known_head known;
  response_reader reader;
  reader.expect(false, false);
  const std::string endless = "HTTP/1.1 200 OK\r\nA: " + std::string(300'000, 'a');
  progress seen = progress::more;
  for (std::size_t at = 0; at < endless.size() && seen == progress::more; at += 10'000) {
    std::string_view piece = std::string_view(endless).substr(at, 10'000);
    seen = reader.feed(piece, known);
  }
  EXPECT_EQ(seen, progress::malformed);
}

TEST(ReadPlainHead, LeavesTheUnusualToTheFullParser) {
  const auto head = [](const std::string& lines) {
    return read_plain_head("HTTP/1.1 " + lines + "\r\n\r\n");
  };
  EXPECT_EQ(head("200 OK\r\nContent-Length: 12"), (plain_head{200, 12, true}));
  EXPECT_EQ(head("404\r\nCONTENT-LENGTH:\t7\r\nConnection: close"), (plain_head{404, 7, false}));
  for (const char* lines :
       {"200 OK", "204 No Content\r\nContent-Length: 0", "304 \r\nContent-Length: 0",
        "103 Early Hints\r\nContent-Length: 0", "200 OK\r\nContent-Length: 1x",
        "200 OK\r\nContent-Length: 1\r\nContent-Length: 1",
        "200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked",
        "200 OK\r\nContent-Length: 1\r\n folded", "200 OK\r\nContent-Length : 1",
        "200 OK\r\nContent-Length: 99999999999999999999",
        "200 OK\r\nContent-Length: 1\r\nConnection: keep-alive, upgrade",
        "200 OK\r\nContent-Length: 1\r\nUpgrade: h2c", "20x OK\r\nContent-Length: 1",
        "200OK\r\nContent-Length: 1", "200 OK\r\nContent-Length: 1\r\nA: b\nc"}) {
    EXPECT_EQ(head(lines), std::nullopt) << lines;
  }
}

}  // namespace
}  // namespace regatta::http_load::test
