// SPDX-License-Identifier: Apache-2.0
// Servers that do what servers should not, against both clients.
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "tests/harness/llm/hostile_server.hpp"
#include "tests/harness/llm/llm_clients_asio.hpp"

namespace regatta::test {
namespace {

template <class Client>
class HostileServer : public ::testing::Test {
 protected:
  // What the client says of a server that sends these bytes and then listens on.
  static llm_error failure_of_bytes(const std::string& bytes) {
    hostile_server server([&](raw_connection& connection, int) {
      connection.request();
      connection.send(bytes);
      connection.request();
    });
    Client client(options_for(server.url()));
    return failure_of([&] { client.complete("Hi"); });
  }

  // The same, and then closes.
  static llm_error failure_of_end(const std::string& bytes) {
    hostile_server server([&](raw_connection& connection, int) {
      connection.request();
      connection.send(bytes);
    });
    Client client(options_for(server.url()));
    return failure_of([&] { client.complete("Hi"); });
  }

  static read_stream stream_of_bytes(const std::string& bytes) {
    hostile_server server([&](raw_connection& connection, int) {
      connection.request();
      connection.send(bytes);
    });
    Client client(options_for(server.url()));
    return client.read("Hi");
  }
};
TYPED_TEST_SUITE(HostileServer, both_llm_clients, llm_client_names);

TYPED_TEST(HostileServer, HeadersThatComeSlowlyAreWaitedForUntilTheTimeIsOver) {
  hostile_server server([](raw_connection& connection, int) {
    connection.request();
    connection.send("HTTP/1.1 200 OK\r\nX-Slow: ");
    connection.request();  // until the client gives up
  });
  auto options = options_for(server.url());
  options.total_timeout = 50ms;
  TypeParam client(options);
  const llm_error error = failure_of([&] { client.complete("Hi"); });
  EXPECT_EQ(error.failure(), llm_failure::timed_out);
  EXPECT_NE(std::string(error.what()).find("0.05 s"), std::string::npos) << error.what();
}

TYPED_TEST(HostileServer, AnAnswerInPiecesOfOneByteIsPutTogether) {
  hostile_server server([](raw_connection& connection, int) {
    while (connection.request()) {
      for (const char byte : answer_with("slowly")) connection.send(std::string_view(&byte, 1));
    }
  });
  TypeParam client(options_for(server.url()));
  EXPECT_EQ(client.complete("Hi").text, "slowly");
  EXPECT_EQ(client.complete("Hi").text, "slowly");
  EXPECT_EQ(server.connections(), 1);
}

TYPED_TEST(HostileServer, AServerThatTakesTheRequestAndSaysNothingEndsAtTheTotalTimeout) {
  hostile_server server([](raw_connection& connection, int) {
    connection.request();
    connection.request();
  });
  auto options = options_for(server.url());
  options.total_timeout = 50ms;
  options.retry = quick_retries(5);
  TypeParam client(options);
  const llm_error error = failure_of([&] { client.complete("Hi"); });
  EXPECT_EQ(error.failure(), llm_failure::timed_out);
  EXPECT_EQ(error.attempts(), 1U) << "a timeout of the whole is not tried again";
}

TYPED_TEST(HostileServer, AHalfClosedConnectionWithoutAnAnswerIsALostOne) {
  hostile_server server([](raw_connection& connection, int) {
    connection.request();
    connection.half_close();
    connection.request();
  });
  TypeParam client(options_for(server.url()));
  const llm_error error = failure_of([&] { client.complete("Hi"); });
  EXPECT_EQ(error.failure(), llm_failure::connection) << error.what();
}

TYPED_TEST(HostileServer, AHalfClosedConnectionIsNotUsedAgain) {
  hostile_server server([](raw_connection& connection, int) {
    connection.request();
    connection.send(answer_with("once"));
    connection.half_close();
    connection.request();
  });
  TypeParam client(options_for(server.url()));
  EXPECT_EQ(client.complete("Hi").text, "once");
  EXPECT_EQ(client.complete("Hi").text, "once");
  EXPECT_EQ(server.connections(), 2);
}

TYPED_TEST(HostileServer, AnOversizedHeaderIsRefused) {
  const llm_error error =
      TestFixture::failure_of_bytes("HTTP/1.1 200 OK\r\nX: " + std::string(65 << 10, 'x'));
  EXPECT_EQ(error.failure(), llm_failure::too_large);
}

TYPED_TEST(HostileServer, EndlessHeadersAreRefused) {
  std::string head = "HTTP/1.1 200 OK\r\n";
  while (head.size() < (65U << 10U)) head += "X-Again: and again\r\n";
  EXPECT_EQ(TestFixture::failure_of_bytes(head).failure(), llm_failure::too_large);
}

TYPED_TEST(HostileServer, AnOversizedBodyIsRefusedWhereItIsAnnounced) {
  const llm_error error = TestFixture::failure_of_bytes(
      "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string((8 << 20) + 1) + "\r\n\r\n");
  EXPECT_EQ(error.failure(), llm_failure::too_large);
}

TYPED_TEST(HostileServer, AnOversizedBodyIsRefusedWhereItIsNotAnnounced) {
  hostile_server server([](raw_connection& connection, int) {
    connection.request();
    connection.send(stream_head);
    for (int i = 0; i < 64; ++i) connection.send(chunk(std::string(1024, 'x')));
    connection.request();
  });
  auto options = options_for(server.url());
  options.most_body_bytes = 32 << 10;
  TypeParam client(options);
  EXPECT_EQ(failure_of([&] { client.complete("Hi"); }).failure(), llm_failure::too_large);
}

TYPED_TEST(HostileServer, BadChunkingIsMalformed) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(TestFixture::failure_of_bytes(head + "zz\r\n").failure(), llm_failure::malformed);
  EXPECT_EQ(TestFixture::failure_of_bytes(head + "3\r\nabcdef\r\n").failure(),
            llm_failure::malformed);
  EXPECT_EQ(TestFixture::failure_of_bytes(head + "ffffffffffffffffff\r\n").failure(),
            llm_failure::malformed);
}

TYPED_TEST(HostileServer, AGarbageStatusLineIsMalformed) {
  const llm_error error = TestFixture::failure_of_bytes("SSH-2.0-OpenSSH_9.2p1\r\n");
  EXPECT_EQ(error.failure(), llm_failure::malformed);
  EXPECT_NE(std::string(error.what()).find("HTTP"), std::string::npos) << error.what();
}

TYPED_TEST(HostileServer, WhatIsNoJsonIsQuoted) {
  const llm_error error = TestFixture::failure_of_bytes(ok_with("<html>It works!</html>"));
  EXPECT_EQ(error.failure(), llm_failure::malformed);
  EXPECT_NE(std::string(error.what()).find("It works!"), std::string::npos) << error.what();
}

TYPED_TEST(HostileServer, AStreamInFragmentsOfOneByteIsPutTogether) {
  hostile_server server([](raw_connection& connection, int) {
    while (connection.request()) {
      connection.send(stream_head);
      const std::string events = token_event("h\xC3\xA9llo") + token_event(" \xF0\x9F\x8C\x8A") +
                                 ": comment\n\n" + stop_event() + done_event;
      // Every byte is a chunk and a packet of its own: UTF-8 sequences are split over chunks.
      for (const char byte : events) connection.send(chunk(std::string_view(&byte, 1)));
      connection.send(last_chunk);
    }
  });
  TypeParam client(options_for(server.url()));
  for (int i = 0; i < 2; ++i) {
    const read_stream stream = client.read("Hi");
    EXPECT_FALSE(stream.error) << stream.error->what();
    EXPECT_EQ(stream.tokens, (std::vector<std::string>{"h\xC3\xA9llo", " \xF0\x9F\x8C\x8A"}));
    EXPECT_EQ(stream.summary.finish_reason, "stop");
  }
  EXPECT_EQ(server.connections(), 1) << "a stream that was read to its end is followed by another";
}

TYPED_TEST(HostileServer, ARedirectLoopIsNotFollowed) {
  std::atomic<int> requests{0};
  hostile_server server([&](raw_connection& connection, int) {
    while (connection.request()) {
      ++requests;
      connection.send(
          "HTTP/1.1 307 Temporary Redirect\r\nLocation: /v1/chat/completions\r\n"
          "Content-Length: 0\r\n\r\n");
    }
  });
  auto options = options_for(server.url());
  options.retry = quick_retries(3);
  TypeParam client(options);
  const llm_error error = failure_of([&] { client.complete("Hi"); });
  EXPECT_EQ(error.failure(), llm_failure::redirect);
  EXPECT_EQ(error.status(), 307U);
  EXPECT_NE(std::string(error.what()).find("redirects of a POST are not followed"),
            std::string::npos)
      << error.what();
  EXPECT_EQ(requests, 1);
}

TYPED_TEST(HostileServer, AResetInTheMiddleOfAStreamIsAnErrorBehindItsTokens) {
  std::atomic<bool> taken{false};
  hostile_server server([&](raw_connection& connection, int) {
    connection.request();
    connection.send(stream_head + chunk(token_event("first") + token_event(" second")));
    wait_until([&] { return taken.load(); });
    connection.reset();
  });
  auto options = options_for(server.url());
  options.retry = quick_retries(3);
  TypeParam client(options);
  const read_stream stream =
      client.read("Hi", SIZE_MAX, [&](const std::string& token) { taken = token == " second"; });
  EXPECT_EQ(stream.text(), "first second");
  ASSERT_TRUE(stream.error);
  EXPECT_EQ(stream.error->failure(), llm_failure::truncated) << stream.error->what();
  EXPECT_EQ(server.connections(), 1) << "tokens that were delivered are not asked for again";
}

TYPED_TEST(HostileServer, AReusedConnectionThatIsClosedBeforeTheAnswerIsReplacedOnce) {
  std::atomic<int> requests{0};
  hostile_server server([&](raw_connection& connection, int number) {
    if (connection.request()) ++requests;
    connection.send(answer_with(std::to_string(number)));
    if (connection.request()) ++requests;  // takes it, and closes
  });
  TypeParam client(options_for(server.url()));
  EXPECT_EQ(client.complete("first").text, "0");
  const llm_answer second = client.complete("second");
  EXPECT_EQ(second.text, "1");
  EXPECT_EQ(second.attempts, 1U) << "it counts as no attempt";
  EXPECT_EQ(requests, 3);
  EXPECT_EQ(server.connections(), 2);
}

TYPED_TEST(HostileServer, AFreshConnectionThatIsClosedBeforeTheAnswerCostsAnAttempt) {
  hostile_server server([](raw_connection& connection, int number) {
    connection.request();
    if (number == 2) connection.send(answer_with("at last"));
  });
  auto options = options_for(server.url());
  options.retry = quick_retries(3);
  TypeParam client(options);
  const llm_answer answer = client.complete("Hi");
  EXPECT_EQ(answer.text, "at last");
  EXPECT_EQ(answer.attempts, 3U);
}

TYPED_TEST(HostileServer, AContentLengthThatIsTooShortIsMalformedAndTheRestIsNobodysAnswer) {
  const std::string whole = completion("mine");
  std::atomic<int> cut{10};
  hostile_server server([&](raw_connection& connection, int) {
    while (connection.request()) {
      const std::string length = std::to_string(static_cast<int>(whole.size()) - cut);
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\n" + whole);
    }
  });
  TypeParam client(options_for(server.url()));
  EXPECT_EQ(failure_of([&] { client.complete("Hi"); }).failure(), llm_failure::malformed);
  cut = 0;
  EXPECT_EQ(client.complete("Hi").text, "mine");
  EXPECT_EQ(server.connections(), 2) << "the connection with the rest on it is not used again";
}

TYPED_TEST(HostileServer, AnAnswerThatNobodyAskedForIsNobodysAnswer) {
  hostile_server server([](raw_connection& connection, int number) {
    connection.request();
    connection.send(answer_with("mine " + std::to_string(number)) + answer_with("extra"));
    connection.request();
  });
  TypeParam client(options_for(server.url()));
  EXPECT_EQ(client.complete("Hi").text, "mine 0");
  EXPECT_EQ(client.complete("Hi").text, "mine 1");
}

TYPED_TEST(HostileServer, AContentLengthThatIsTooLongIsTruncated) {
  const llm_error error = TestFixture::failure_of_end(
      "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + completion("short"));
  EXPECT_EQ(error.failure(), llm_failure::truncated) << "although the JSON is whole";
}

TYPED_TEST(HostileServer, AnEndInsideOfAChunkedBodyIsTruncated) {
  const llm_error error = TestFixture::failure_of_end(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(completion("whole")));
  EXPECT_EQ(error.failure(), llm_failure::truncated) << "although the JSON is whole";
}

TYPED_TEST(HostileServer, AnAnswerInHttp10IsTakenAndItsConnectionNotKept) {
  hostile_server server([](raw_connection& connection, int number) {
    connection.request();
    connection.send("HTTP/1.0 200 OK\r\n\r\n" + completion(std::to_string(number)));
  });
  TypeParam client(options_for(server.url()));
  EXPECT_EQ(client.complete("Hi").text, "0");
  EXPECT_EQ(client.complete("Hi").text, "1");
}

TYPED_TEST(HostileServer, InterimAnswersArePassedOver) {
  hostile_server server([](raw_connection& connection, int) {
    while (connection.request()) {
      connection.send(
          "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
      connection.send(answer_with("final"));
    }
  });
  TypeParam client(options_for(server.url()));
  EXPECT_EQ(client.complete("Hi").text, "final");
  EXPECT_EQ(client.complete("Hi").text, "final");
  EXPECT_EQ(server.connections(), 1);
}

TYPED_TEST(HostileServer, AStreamThatEndsWithoutDoneAndWithoutAReasonIsTruncated) {
  const read_stream stream =
      TestFixture::stream_of_bytes(stream_head + chunk(token_event("half")) + last_chunk);
  EXPECT_EQ(stream.text(), "half");
  ASSERT_TRUE(stream.error);
  EXPECT_EQ(stream.error->failure(), llm_failure::truncated);
}

TYPED_TEST(HostileServer, AStreamThatBreaksOffIsTruncated) {
  const read_stream stream =
      TestFixture::stream_of_bytes(stream_head + chunk(token_event("half") + stop_event()));
  EXPECT_EQ(stream.text(), "half");
  ASSERT_TRUE(stream.error);
  EXPECT_EQ(stream.error->failure(), llm_failure::truncated);
}

TYPED_TEST(HostileServer, AStreamWithAReasonToStopAndNoDoneIsWhole) {
  const read_stream stream = TestFixture::stream_of_bytes(
      stream_head + chunk(token_event("all") + stop_event()) + last_chunk);
  EXPECT_FALSE(stream.error) << stream.error->what();
  EXPECT_EQ(stream.text(), "all");
}

TYPED_TEST(HostileServer, AStreamThatIsDoneNeedsNoEndOfTheMessage) {
  const read_stream stream = TestFixture::stream_of_bytes(
      stream_head + chunk(token_event("all") + std::string(done_event)));
  EXPECT_FALSE(stream.error) << stream.error->what();
  EXPECT_EQ(stream.text(), "all");
}

TYPED_TEST(HostileServer, AnErrorInsideOfAStreamIsReportedInTheServersWords) {
  const read_stream stream = TestFixture::stream_of_bytes(
      stream_head +
      chunk(token_event("half") + "data: {\"error\":{\"message\":\"out of memory\"}}\n\n"));
  EXPECT_EQ(stream.text(), "half");
  ASSERT_TRUE(stream.error);
  EXPECT_EQ(stream.error->failure(), llm_failure::status);
  EXPECT_NE(std::string(stream.error->what()).find("out of memory"), std::string::npos);
}

TYPED_TEST(HostileServer, JsonInsteadOfAStreamIsMalformed) {
  const std::string body = completion("all at once");
  const read_stream stream = TestFixture::stream_of_bytes(
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body);
  ASSERT_TRUE(stream.error);
  EXPECT_EQ(stream.error->failure(), llm_failure::malformed);
}

}  // namespace
}  // namespace regatta::test
