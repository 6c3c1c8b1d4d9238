// SPDX-License-Identifier: Apache-2.0
#include "harness/llm/blocking_llm_client.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <stop_token>
#include <thread>

#include "tests/harness/llm/hostile_server.hpp"
#include "tests/harness/llm/llm_clients_asio.hpp"

namespace regatta::test {
namespace {

void begin_a_stream(raw_connection& connection, int) {
  connection.request();
  connection.send(stream_head + chunk(token_event("a")));
  connection.request();
}

TEST(BlockingLlmClient, CloseDoesNotWaitForAStreamThatNobodyReads) {
  hostile_server server(begin_a_stream);
  blocking_llm_client client(options_for(server.url()));
  auto stream = client.stream("Hi");
  EXPECT_EQ(stream.next(), "a");
  EXPECT_EQ(client.close(5ms), 1U);
  EXPECT_EQ(failure_of([&] { stream.next(); }).failure(), llm_failure::closed);
  EXPECT_EQ(stream.next(), std::nullopt) << "after an error there is nothing more";
}

TEST(BlockingLlmClient, AStopEndsAStreamFromAnotherThread) {
  hostile_server server(begin_a_stream);
  blocking_llm_client client(options_for(server.url()));
  std::stop_source stop;
  auto stream = client.stream("Hi", {}, stop.get_token());
  EXPECT_EQ(stream.next(), "a");
  std::jthread other([&] { stop.request_stop(); });
  EXPECT_EQ(failure_of([&] { stream.next(); }).failure(), llm_failure::cancelled);
}

TEST(BlockingLlmClient, WhatIsStoppedBeforehandIsNotSent) {
  hostile_server server(begin_a_stream);
  blocking_llm_client client(options_for(server.url()));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(failure_of([&] { client.complete("Hi", {}, stop.get_token()); }).failure(),
            llm_failure::cancelled);
  EXPECT_EQ(server.connections(), 0);
}

TEST(BlockingLlmClient, AStopEndsAConnectionThatIsBeingMade) {
  // A listener whose queue is full: the next connection hangs in SYN_SENT.
  unique_fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::bind(listener.get(), generic, length), 0);
  ASSERT_EQ(::listen(listener.get(), 0), 0);
  ASSERT_EQ(::getsockname(listener.get(), generic, &length), 0);
  std::vector<unique_fd> fillers;
  for (int i = 0; i < 4; ++i) {
    fillers.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    (void)::connect(fillers.back().get(), generic, length);
  }
  blocking_llm_client client(
      options_for("http://127.0.0.1:" + std::to_string(ntohs(address.sin_port))));
  std::stop_source stop;
  std::jthread other([&] {
    wait_until([&] { return client.stats().connections == 1; });
    stop.request_stop();
  });
  EXPECT_EQ(failure_of([&] { client.complete("Hi", {}, stop.get_token()); }).failure(),
            llm_failure::cancelled);
}

TEST(BlockingLlmClient, AStoppedBatchReportsEachItem) {
  std::atomic<int> requests{0};
  hostile_server server([&](raw_connection& connection, int) {
    while (connection.request()) {
      if (++requests <= 3) connection.send(answer_with("yes"));
    }
  });
  blocking_llm_client client(options_for(server.url()));
  std::stop_source stop;
  std::jthread other([&] {
    wait_until([&] { return requests >= 5; });
    stop.request_stop();
  });
  const auto results =
      client.batch_complete(std::vector<llm_prompt>(20, "Hi"), 2, {}, stop.get_token());
  int answered = 0;
  for (const llm_result& result : results) {
    if (const auto* const error = std::get_if<llm_error>(&result)) {
      EXPECT_EQ(error->failure(), llm_failure::cancelled);
    } else {
      ++answered;
    }
  }
  EXPECT_EQ(results.size(), 20U);
  EXPECT_EQ(answered, 3);
}

TEST(BlockingLlmClient, OptionsThatCannotBeMeantAreRefusedInASentence) {
  const auto refused = [](auto change) {
    auto options = options_for("http://127.0.0.1:1");
    change(options);
    EXPECT_THROW(blocking_llm_client client(options), std::invalid_argument);
  };
  refused([](auto& options) { options.endpoint.url = "127.0.0.1"; });
  refused([](auto& options) { options.endpoint.key = "a b"; });
  refused([](auto& options) { options.most_connections = 0; });
  refused([](auto& options) { options.most_connections_per_host = 0; });
  refused([](auto& options) { options.most_requests = 0; });
  refused([](auto& options) { options.retry.attempts = 0; });
  refused([](auto& options) { options.retry.first_delay = -1s; });
  refused([](auto& options) { options.total_timeout = 0s; });
  refused([](auto& options) { options.connect_timeout = -1s; });
}

}  // namespace
}  // namespace regatta::test
