// SPDX-License-Identifier: Apache-2.0
#include "harness/llm/internal/response_reader.hpp"

#include <gtest/gtest.h>

#include <string>

#include "harness/llm/internal/llm_fault.hpp"

namespace regatta::internal {
namespace {

constexpr std::size_t header_limit = 1000;
constexpr std::size_t body_limit = 100;

response_reader fresh() { return {header_limit, body_limit}; }

template <class What>
llm_failure fault_of(What what) {
  try {
    what();
  } catch (const llm_fault& fault) {
    EXPECT_FALSE(fault.sentence.empty());
    return fault.failure;
  }
  ADD_FAILURE() << "no fault";
  return llm_failure::closed;
}

llm_failure fault_of_bytes(std::string_view bytes) {
  return fault_of([&] {
    auto reader = fresh();
    reader.feed(bytes);
    reader.feed_end(true);
  });
}

TEST(ResponseReader, AnyPortionsGiveTheSameResponse) {
  const std::string text =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 429 Slow Down\r\nContent-Type: text/plain\r\n"
      "Retry-After: 7\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nfour\r\n1\r\n!\r\n0\r\n\r\n";
  for (std::size_t portion = 1; portion <= text.size(); ++portion) {
    auto reader = fresh();
    for (std::size_t at = 0; at < text.size(); at += portion) {
      EXPECT_FALSE(reader.done());
      reader.feed(std::string_view(text).substr(at, portion));
    }
    EXPECT_TRUE(reader.done()) << "in portions of " << portion;
    EXPECT_TRUE(reader.reusable());
    EXPECT_EQ(reader.status(), 429U);
    EXPECT_EQ(reader.content_type(), "text/plain");
    EXPECT_EQ(reader.retry_after(), "7");
    EXPECT_EQ(reader.body(), "four!");
  }
}

TEST(ResponseReader, TheBodyCanBeTakenAwayPieceByPiece) {
  auto reader = fresh();
  reader.feed("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc");
  EXPECT_TRUE(reader.head_done());
  EXPECT_EQ(reader.body(), "abc");
  reader.body().clear();
  reader.feed("def");
  EXPECT_EQ(reader.body(), "def");
  EXPECT_TRUE(reader.done());
}

TEST(ResponseReader, ABodyWithoutALengthEndsWithTheConnection) {
  auto reader = fresh();
  reader.feed("HTTP/1.0 200 OK\r\n\r\nall");
  EXPECT_FALSE(reader.done());
  reader.feed_end(true);
  EXPECT_TRUE(reader.done());
  EXPECT_FALSE(reader.reusable());
}

TEST(ResponseReader, AnUncleanEndIsNoEndOfABody) {
  auto reader = fresh();
  reader.feed("HTTP/1.1 200 OK\r\n\r\nall");
  EXPECT_EQ(fault_of([&] { reader.feed_end(false); }), llm_failure::truncated);
}

TEST(ResponseReader, WhatFollowsTheBodyForbidsAnotherRequest) {
  auto reader = fresh();
  reader.feed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokmore");
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(reader.body(), "ok");
  EXPECT_FALSE(reader.reusable());
}

TEST(ResponseReader, AnEndBeforeTheAnswerIsALostConnectionThatMayPass) {
  auto reader = fresh();
  try {
    reader.feed_end(true);
    ADD_FAILURE() << "no fault";
  } catch (const llm_fault& fault) {
    EXPECT_EQ(fault.failure, llm_failure::connection);
    EXPECT_TRUE(fault.may_pass);
  }
}

TEST(ResponseReader, AnEarlyEndIsTruncated) {
  for (const char* const bytes :
       {"H", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n"}) {
    EXPECT_EQ(fault_of_bytes(bytes), llm_failure::truncated) << bytes;
  }
}

TEST(ResponseReader, WhatIsNotHttpIsMalformed) {
  for (const char* const bytes :
       {"SSH-2.0-OpenSSH_9.2\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nbad name: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n"}) {
    EXPECT_EQ(fault_of_bytes(bytes), llm_failure::malformed) << bytes;
  }
}

TEST(ResponseReader, EndlessInterimAnswersAreMalformed) {
  auto reader = fresh();
  EXPECT_EQ(fault_of([&] {
              for (int i = 0; i < 100; ++i) reader.feed("HTTP/1.1 100 Continue\r\n\r\n");
            }),
            llm_failure::malformed);
}

TEST(ResponseReader, ALargeHeaderIsRefusedInAnyPortions) {
  const std::string fields = "X: " + std::string(200, 'x') + "\r\n";
  const std::string one = "HTTP/1.1 200 OK\r\nX: " + std::string(header_limit, 'x') + "\r\n\r\n";
  std::string many = "HTTP/1.1 200 OK\r\n";
  while (many.size() < header_limit) many += fields;
  many += "\r\n";
  for (const std::string& text : {one, many}) {
    for (const std::size_t portion : {std::size_t{1}, std::size_t{100}, text.size()}) {
      EXPECT_EQ(fault_of([&] {
                  auto reader = fresh();
                  for (std::size_t at = 0; at < text.size(); at += portion) {
                    reader.feed(std::string_view(text).substr(at, portion));
                  }
                }),
                llm_failure::too_large)
          << text.size() << " bytes in portions of " << portion;
    }
  }
}

TEST(ResponseReader, ALargeBodyIsRefusedHoweverItIsFramed) {
  const std::string much(body_limit + 1, 'x');
  EXPECT_EQ(fault_of_bytes("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n"),
            llm_failure::too_large);
  EXPECT_EQ(fault_of_bytes("HTTP/1.1 200 OK\r\n\r\n" + much), llm_failure::too_large);
  const std::string half(body_limit / 2 + 1, 'x');
  EXPECT_EQ(fault_of_bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n33\r\n" + half +
                           "\r\n33\r\n" + half + "\r\n0\r\n\r\n"),
            llm_failure::too_large);
}

TEST(ResponseReader, ABodyOfTheLimitIsTaken) {
  auto reader = fresh();
  reader.feed("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + std::string(body_limit, 'x'));
  EXPECT_TRUE(reader.done());
}

}  // namespace
}  // namespace regatta::internal
