// SPDX-License-Identifier: Apache-2.0
// What both clients try again, how often, and when.
#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "tests/harness/llm/hostile_server.hpp"
#include "tests/harness/llm/llm_clients_asio.hpp"

namespace regatta::test {
namespace {

std::string refusal(const std::string& status, const std::string& headers = "",
                    const std::string& message = "try later") {
  const std::string body = R"({"error":{"message":")" + message + "\"}}";
  return "HTTP/1.1 " + status + "\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

template <class Client>
class LlmRetries : public ::testing::Test {
 protected:
  // Refuses so many requests, then answers.
  static hostile_server::script refusing(int times, const std::string& with,
                                         std::atomic<int>& requests) {
    return [=, &requests](raw_connection& connection, int) {
      while (connection.request()) {
        connection.send(++requests <= times ? with : answer_with("yes"));
      }
    };
  }
  std::atomic<int> requests{0};
};
TYPED_TEST_SUITE(LlmRetries, both_llm_clients, llm_client_names);

TYPED_TEST(LlmRetries, A429WithRetryAfterIsTriedAgainOnTheSameConnection) {
  hostile_server server(
      this->refusing(1, refusal("429 Too Many Requests", "Retry-After: 0\r\n"), this->requests));
  auto options = options_for(server.url());
  options.retry = quick_retries(2);
  TypeParam client(options);
  const llm_answer answer = client.complete("Hi");
  EXPECT_EQ(answer.text, "yes");
  EXPECT_EQ(answer.attempts, 2U);
  EXPECT_EQ(server.connections(), 1);
}

TYPED_TEST(LlmRetries, TheSecondsOfRetryAfterAreWaitedFor) {
  hostile_server server(
      this->refusing(1, refusal("429 Too Many Requests", "Retry-After: 1\r\n"), this->requests));
  auto options = options_for(server.url());
  options.retry = quick_retries(2);
  TypeParam client(options);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(client.complete("Hi").text, "yes");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 1s);
}

TYPED_TEST(LlmRetries, ARetryAfterBeyondTheTotalTimeoutIsNotWaitedFor) {
  hostile_server server(
      this->refusing(1, refusal("429 Too Many Requests", "Retry-After: 3600\r\n"), this->requests));
  auto options = options_for(server.url());
  options.retry = quick_retries(3);
  TypeParam client(options);
  const llm_error error = failure_of([&] { client.complete("Hi"); });
  EXPECT_EQ(error.status(), 429U);
  EXPECT_NE(std::string(error.what()).find("too short for another attempt"), std::string::npos)
      << error.what();
  EXPECT_EQ(this->requests, 1);
}

TYPED_TEST(LlmRetries, ADateInRetryAfterGoesByTheGivenClock) {
  constexpr std::int64_t then = 784111777;  // the date below
  const std::string with =
      refusal("503 Service Unavailable", "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  for (const bool passed : {true, false}) {
    this->requests = 0;
    hostile_server server(this->refusing(1, with, this->requests));
    auto options = options_for(server.url());
    options.retry = quick_retries(2);
    options.surroundings.unix_seconds = [=] { return passed ? then : then - 3600; };
    TypeParam client(options);
    if (passed) {
      EXPECT_EQ(client.complete("Hi").text, "yes");
    } else {
      EXPECT_EQ(failure_of([&] { client.complete("Hi"); }).status(), 503U);
    }
  }
}

TYPED_TEST(LlmRetries, A503ForeverEndsWithTheLastAttempt) {
  hostile_server server(this->refusing(1000, refusal("503 Service Unavailable"), this->requests));
  auto options = options_for(server.url());
  options.retry = quick_retries(3);
  TypeParam client(options);
  const llm_error error = failure_of([&] { client.complete("Hi"); });
  EXPECT_EQ(error.failure(), llm_failure::status);
  EXPECT_EQ(error.status(), 503U);
  EXPECT_EQ(error.attempts(), 3U);
  EXPECT_EQ(this->requests, 3);
  const std::string said = error.what();
  EXPECT_NE(said.find("503: try later (3 attempts)"), std::string::npos) << said;
}

TYPED_TEST(LlmRetries, AStreamIsTriedAgainUntilItBegins) {
  hostile_server server([&](raw_connection& connection, int) {
    while (connection.request()) {
      if (++this->requests == 1) {
        connection.send(refusal("500 Internal Server Error"));
      } else {
        connection.send(stream_head + chunk(token_event("a") + std::string(done_event)) +
                        last_chunk);
      }
    }
  });
  auto options = options_for(server.url());
  options.retry = quick_retries(2);
  TypeParam client(options);
  const read_stream stream = client.read("Hi");
  EXPECT_FALSE(stream.error);
  EXPECT_EQ(stream.text(), "a");
  EXPECT_EQ(stream.summary.attempts, 2U);
}

TYPED_TEST(LlmRetries, TheClientsOwnMistakeIsNotTriedAgain) {
  for (const char* const status : {"400 Bad Request", "401 Unauthorized", "404 Not Found"}) {
    this->requests = 0;
    hostile_server server(this->refusing(1, refusal(status), this->requests));
    auto options = options_for(server.url());
    options.retry = quick_retries(3);
    TypeParam client(options);
    EXPECT_EQ(failure_of([&] { client.complete("Hi"); }).attempts(), 1U) << status;
    EXPECT_EQ(this->requests, 1) << status;
  }
}

TYPED_TEST(LlmRetries, AnAnswerThatWasBegunIsNotAskedForAgain) {
  hostile_server server([&](raw_connection& connection, int) {
    connection.request();
    ++this->requests;
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
  });
  auto options = options_for(server.url());
  options.retry = quick_retries(3);
  TypeParam client(options);
  const llm_error error = failure_of([&] { client.complete("Hi"); });
  EXPECT_EQ(error.failure(), llm_failure::truncated);
  EXPECT_EQ(this->requests, 1);
}

TYPED_TEST(LlmRetries, ARefusedConnectionIsTriedAgain) {
  const refusing_port nobody;
  auto options = options_for(nobody.url);
  options.retry = quick_retries(3);
  TypeParam client(options);
  const llm_error error = failure_of([&] { client.complete("Hi"); });
  EXPECT_EQ(error.failure(), llm_failure::connection);
  EXPECT_EQ(error.attempts(), 3U);
  EXPECT_NE(std::string(error.what()).find("refused"), std::string::npos) << error.what();
}

TYPED_TEST(LlmRetries, TheWaitsAreThoseOfTheGivenRandomSource) {
  hostile_server server(this->refusing(2, refusal("500 Internal Server Error"), this->requests));
  auto options = options_for(server.url());
  options.retry = {.attempts = 3, .first_delay = 10h, .longest_delay = 10h};
  options.surroundings.random_word = [] { return std::uint64_t{0}; };  // no wait at all
  TypeParam client(options);
  EXPECT_EQ(client.complete("Hi").attempts, 3U);
}

TYPED_TEST(LlmRetries, TheKeyIsSentAndNeverShown) {
  std::string seen;
  std::string said;
  {
    hostile_server server([&](raw_connection& connection, int) {
      seen = connection.request().value_or("");
      connection.send(refusal("401 Unauthorized", "", "no such key: s3cret"));
    });
    auto options = options_for(server.url());
    options.endpoint.key = "s3cret";
    TypeParam client(options);
    said = failure_of([&] { client.complete("Hi"); }).what();
  }
  EXPECT_NE(seen.find("\r\nAuthorization: Bearer s3cret\r\n"), std::string::npos) << seen;
  EXPECT_EQ(said.find("s3cret"), std::string::npos) << said;
  EXPECT_NE(said.find("no such key: ***"), std::string::npos) << said;
}

}  // namespace
}  // namespace regatta::test
