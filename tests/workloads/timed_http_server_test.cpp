// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/timed_http_server.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/workloads/mock_llm_client.hpp"

namespace regatta::test {
namespace {

// The HTTP underneath, seen through the mock LLM server: the same connections that clients get.

TEST(TimedHttpServer, StreamsToHttp10UntilItCloses) {
  running_server running;
  json request = chat("Hi", 3);
  request["stream"] = true;
  client to(running.server.port());
  std::string text = client::post_text(request.dump());
  to.send(text.replace(text.find("HTTP/1.1"), 8, "HTTP/1.0"));
  const answer got = to.receive();
  EXPECT_EQ(got.head.find("chunked"), std::string::npos);
  EXPECT_EQ(events_of(got.body).size(), 5U);
}

TEST(TimedHttpServer, AnswersPipelinedRequestsInOrder) {
  auto options = without_latency();
  options.time_to_first_token = parse_latency_distribution("exponential:2ms");
  running_server running(options);
  client to(running.server.port());
  std::string requests;
  for (unsigned i = 1; i <= 40; ++i) requests += client::post_text(chat("Hi", i).dump());
  to.send(requests);
  for (unsigned i = 1; i <= 40; ++i) {
    EXPECT_EQ(to.receive().parsed()["usage"]["completion_tokens"], i);
  }
}

TEST(TimedHttpServer, TakesARequestByteByByteAndInChunks) {
  running_server running;
  client to(running.server.port());
  for (const char c : client::post_text(chat("Hi").dump())) to.send({&c, 1});
  EXPECT_EQ(to.receive().status, 200U);
  const std::string body = chat("Hi").dump();
  to.send(
      fmt::format("POST /v1/chat/completions HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "5\r\n{}\r\n{:x}\r\n{}\r\n0\r\n\r\n",
                  body.substr(0, 5), body.size() - 5, body.substr(5)));
  EXPECT_EQ(to.receive().status, 200U);
}

TEST(TimedHttpServer, InvitesTheBodyOfACarefulClient) {
  running_server running;
  client to(running.server.port());
  const std::string body = chat("Hi").dump();
  to.send(
      fmt::format("POST /v1/chat/completions HTTP/1.1\r\nExpect: 100-continue\r\n"
                  "Content-Length: {}\r\n\r\n",
                  body.size()));
  EXPECT_EQ(to.receive(/*head_only=*/true).status, 100U);
  to.send(body);
  EXPECT_EQ(to.receive().status, 200U);
}

TEST(TimedHttpServer, AnswersAMalformedRequestAndCloses) {
  running_server running;
  client to(running.server.port());
  to.send("this is not HTTP\r\n\r\n");
  const answer got = to.receive();
  EXPECT_EQ(got.status, 400U);
  EXPECT_TRUE(got.parsed().contains("error"));
  EXPECT_EQ(to.take_all(), "");
}

TEST(TimedHttpServer, LimitsHeadersAndBodies) {
  running_server running;
  client long_header(running.server.port());
  long_header.send("GET / HTTP/1.1\r\nX: " + std::string(40'000, 'x') + "\r\n\r\n");
  EXPECT_EQ(long_header.receive().status, 431U);
  client long_body(running.server.port());
  long_body.send("POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n");
  EXPECT_EQ(long_body.receive().status, 413U);
}

TEST(TimedHttpServer, HonoursConnectionClose) {
  running_server running;
  client to(running.server.port());
  to.send("GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(to.receive().status, 200U);
  EXPECT_EQ(to.take_all(), "");
}

TEST(TimedHttpServer, SurvivesClientsThatLeaveMidway) {
  auto options = without_latency();
  options.time_between_tokens = parse_latency_distribution("1ms");
  running_server running(options);
  json request = chat("Hi", 1000);
  request["stream"] = true;
  for (int i = 0; i < 50; ++i) {
    client leaves(running.server.port());
    leaves.send(client::post_text(request.dump()));
    if (i % 2 == 0) leaves.receive(/*head_only=*/true);
  }
  EXPECT_EQ(client(running.server.port()).get("/healthz").status, 200U);
}

/// Asks the server itself until it has so many connections, one of them the asking client's.
bool comes_to_connections(client& asking, std::uint64_t wanted) {
  const auto give_up_at = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (asking.get("/stats").parsed()["open_connections"] != wanted) {
    if (std::chrono::steady_clock::now() > give_up_at) return false;
  }
  return true;
}

TEST(TimedHttpServer, ClosesConnectionsWhoseClientsLeaveBeforeTheAnswerIsDue) {
  running_server running;
  client asking(running.server.port());
  json request = chat("Hi", 2);
  request["model"] = "regatta-mock@1000s";
  for (const bool stream : {false, true}) {
    request["stream"] = stream;
    std::vector<client> waiting;
    for (int i = 0; i < 20; ++i) {
      waiting.emplace_back(running.server.port());
      waiting.back().send(client::post_text(request.dump()));
    }
    EXPECT_TRUE(comes_to_connections(asking, 21));
    waiting.clear();
    EXPECT_TRUE(comes_to_connections(asking, 1)) << "they are kept until the answer is due";
  }
}

TEST(TimedHttpServer, ARequestThatComesWhileAnAnswerIsAwaitedIsNoGoodbye) {
  auto options = without_latency();
  options.time_to_first_token = parse_latency_distribution("20ms");
  running_server running(options);
  client to(running.server.port());
  client asking(running.server.port());
  to.send(client::post_text(chat("Hi", 1).dump()));
  while (running.server.stats().completions < 1) {  // it has read the first
    ASSERT_EQ(asking.get("/healthz").status, 200U);
  }
  to.send(client::post_text(chat("Hi", 2).dump()));
  EXPECT_EQ(to.receive().parsed()["usage"]["completion_tokens"], 1);
  EXPECT_EQ(to.receive().parsed()["usage"]["completion_tokens"], 2);
  to.send(client::post_text(chat("Hi", 3).dump()));
  EXPECT_EQ(to.receive().parsed()["usage"]["completion_tokens"], 3);
}

TEST(TimedHttpServer, HoldsThousandsOfConnectionsAtOnceAndAnswersAll) {
  running_server running;  // raises the limit of descriptors
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const std::size_t count =
      std::min<std::size_t>(10'000, limit.rlim_cur / 2 - 200);  // both ends are here
  ASSERT_GE(count, 200U) << "the limit of descriptors is too low to test anything";
  std::vector<client> clients;
  clients.reserve(count);
  for (std::size_t i = 0; i < count; ++i) clients.emplace_back(running.server.port());
  const std::string request = client::post_text(chat("All of you").dump());
  for (auto& each : clients) each.send(request);
  for (auto& each : clients) ASSERT_EQ(each.receive().status, 200U);
  EXPECT_EQ(running.server.stats().peak_connections, count);
  EXPECT_EQ(running.server.stats().completions, count);
}

TEST(TimedHttpServer, StopEndsRunWithConnectionsOpenAndRequestsWaiting) {
  auto options = without_latency();
  options.time_to_first_token = parse_latency_distribution("1000s");
  mock_llm_server server(options);
  std::jthread thread([&] { server.run(); });
  client waits(server.port());
  waits.send(client::post_text(chat("Hi").dump()));
  client idles(server.port());
  EXPECT_EQ(idles.get("/healthz").status, 200U);
  server.stop();
  thread.join();
}

TEST(TimedHttpServer, SaysSoWhenThePortIsTaken) {
  mock_llm_server first(without_latency());
  auto options = without_latency();
  options.port = first.port();
  try {
    mock_llm_server second(options);
    FAIL() << "should have thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(std::string(error.what()),
              fmt::format("cannot listen on 127.0.0.1:{}: Address already in use; try another port",
                          first.port()));
  }
}

}  // namespace
}  // namespace regatta::test
