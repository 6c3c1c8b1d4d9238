// SPDX-License-Identifier: Apache-2.0
// Limits, fairness, cancellation and orderly ends of both clients.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <semaphore>
#include <string>
#include <vector>

#include "tests/harness/llm/hostile_server.hpp"
#include "tests/harness/llm/llm_clients_asio.hpp"
#include "tests/support/open_descriptors.hpp"
#include "tests/workloads/mock_llm_client.hpp"

namespace regatta::test {
namespace {

template <class Client>
class LlmLimits : public ::testing::Test {
 protected:
  static std::vector<llm_prompt> prompts(std::size_t count) {
    std::vector<llm_prompt> all;
    for (std::size_t i = 0; i < count; ++i) all.emplace_back("prompt " + std::to_string(i));
    return all;
  }
  static std::string url_of(const running_server& running) {
    return "http://127.0.0.1:" + std::to_string(running.server.port());
  }
};
TYPED_TEST_SUITE(LlmLimits, both_llm_clients, llm_client_names);

TYPED_TEST(LlmLimits, TwoHundredRequestsAtOnceShareTwentyConnections) {
  auto latency = without_latency();
  latency.time_to_first_token = {latency_distribution::shape::constant, 5ms, 0};
  running_server running(latency);
  auto options = options_for(this->url_of(running));
  options.most_requests = 200;
  TypeParam client(options);
  for (const llm_result& result : client.batch(this->prompts(200), 200)) {
    EXPECT_TRUE(std::holds_alternative<llm_answer>(result));
  }
  EXPECT_EQ(running.server.stats().peak_connections, 20U);
  EXPECT_EQ(running.server.stats().completions, 200U);
  EXPECT_EQ(client.stats().most_connections, 20U);
  EXPECT_EQ(client.stats().requests, 0U);
}

// How many requests are being served at once, and the most that were.
struct load_count {
  std::atomic<int> now{0}, most{0};
  void enter() {
    const int count = ++now;
    for (int seen = most; seen < count && !most.compare_exchange_weak(seen, count);) {
    }
  }
  void leave() { --now; }
};

TYPED_TEST(LlmLimits, TheTotalLimitHoldsOverSeveralHosts) {
  load_count all, of_one, of_two;
  const auto counting = [&all](load_count& own) {
    return [&all, &own](raw_connection& connection, int) {
      while (connection.request()) {
        all.enter();
        own.enter();
        std::this_thread::sleep_for(1ms);
        own.leave();
        all.leave();
        connection.send(answer_with("yes"));
      }
    };
  };
  hostile_server one(counting(of_one)), two(counting(of_two));
  auto options = options_for(one.url());
  options.most_connections = 3;
  options.most_connections_per_host = 2;
  TypeParam client(options);
  std::vector<typename TypeParam::pending> started;
  for (int i = 0; i < 40; ++i) {
    llm_parameters where;
    where.endpoint = llm_endpoint{(i % 2 == 0 ? one : two).url(), ""};
    started.push_back(client.start("Hi", where));
  }
  for (auto& each : started) EXPECT_EQ(each.get().text, "yes");
  EXPECT_LE(of_one.most, 2);
  EXPECT_LE(of_two.most, 2);
  EXPECT_LE(all.most, 3);
  EXPECT_LE(client.stats().most_connections, 3U);
}

TYPED_TEST(LlmLimits, OnlySoManyRequestsAreUnderWayAtOnce) {
  auto latency = without_latency();
  latency.time_to_first_token = {latency_distribution::shape::constant, 20ms, 0};
  running_server running(latency);
  auto options = options_for(this->url_of(running));
  options.most_requests = 3;
  TypeParam client(options);
  std::vector<typename TypeParam::pending> started;
  for (int i = 0; i < 20; ++i) started.push_back(client.start("Hi"));
  for (auto& each : started) EXPECT_FALSE(each.get().text.empty());
  EXPECT_EQ(running.server.stats().peak_connections, 3U);
}

// Two ways to wait, one promise: who asked first is served first.
template <class Client>
void expect_order_of_asking(llm_client_options options, hostile_server& server,
                            std::counting_semaphore<>& go, const std::vector<std::string>& seen) {
  Client client(std::move(options));
  std::vector<typename Client::pending> started;
  std::vector<std::string> asked;
  for (int i = 0; i < 8; ++i) {
    asked.push_back(std::to_string(i));
    started.push_back(client.start(asked.back()));
    wait_until([&] {
      return i == 0 ? server.connections() == 1
                    : client.stats().waiting == static_cast<std::size_t>(i);
    });
  }
  go.release(8);
  for (auto& each : started) each.get();
  EXPECT_EQ(seen, asked);
}

TYPED_TEST(LlmLimits, WaitersAreServedInTheOrderOfAsking) {
  for (const bool by_connection : {true, false}) {
    std::counting_semaphore<> go(0);
    std::vector<std::string> seen;
    hostile_server server([&](raw_connection& connection, int) {
      while (const auto request = connection.request()) {
        go.acquire();
        seen.push_back(said_in(*request));
        connection.send(answer_with("yes"));
      }
    });
    auto options = options_for(server.url());
    (by_connection ? options.most_connections_per_host : options.most_requests) = 1;
    expect_order_of_asking<TypeParam>(options, server, go, seen);
  }
}

TYPED_TEST(LlmLimits, TheTimeOfARequestBeginsWithItsTurn) {
  std::atomic<int> requests{0};
  hostile_server server([&](raw_connection& connection, int) {
    while (connection.request()) {
      if (++requests == 1) std::this_thread::sleep_for(1200ms);
      connection.send(answer_with("yes"));
    }
  });
  auto options = options_for(server.url());
  options.most_requests = 1;
  TypeParam client(options);
  auto slow = client.start("slow");
  wait_until([&] { return requests == 1; });
  llm_parameters hurried;
  hurried.total_timeout = 1s;
  EXPECT_EQ(client.complete("quick", hurried).text, "yes") << "it waited longer than its timeout";
  EXPECT_EQ(slow.get().text, "yes");
}

TYPED_TEST(LlmLimits, WhoWaitsForAConnectionTooLongIsTimedOut) {
  hostile_server server([](raw_connection& connection, int) {
    connection.request();
    connection.request();
  });
  auto options = options_for(server.url());
  options.most_connections_per_host = 1;
  TypeParam client(options);
  auto first = client.start("first");
  wait_until([&] { return server.connections() == 1; });
  llm_parameters hurried;
  hurried.total_timeout = 30ms;
  const llm_error error = failure_of([&] { client.complete("second", hurried); });
  EXPECT_EQ(error.failure(), llm_failure::timed_out);
  EXPECT_NE(std::string(error.what()).find("waiting for a free connection"), std::string::npos);
  first.cancel();
  EXPECT_EQ(failure_of([&] { first.get(); }).failure(), llm_failure::cancelled);
}

TYPED_TEST(LlmLimits, CancellingFreesTheConnection) {
  std::atomic<int> requests{0};
  hostile_server server([&](raw_connection& connection, int number) {
    connection.request();
    ++requests;
    if (number > 0) connection.send(answer_with("yes"));
    connection.request();
  });
  auto options = options_for(server.url());
  options.most_connections_per_host = 1;
  TypeParam client(options);
  auto first = client.start("first");
  wait_until([&] { return requests == 1; });
  auto second = client.start("second");
  wait_until([&] { return client.stats().waiting == 1; });
  first.cancel();
  EXPECT_EQ(failure_of([&] { first.get(); }).failure(), llm_failure::cancelled);
  EXPECT_EQ(second.get().text, "yes");
}

TYPED_TEST(LlmLimits, AWaiterThatIsCancelledIsNotServed) {
  std::counting_semaphore<> go(0);
  hostile_server server([&](raw_connection& connection, int) {
    while (connection.request()) {
      go.acquire();
      connection.send(answer_with("yes"));
    }
  });
  auto options = options_for(server.url());
  options.most_connections_per_host = 1;
  TypeParam client(options);
  auto first = client.start("first");
  wait_until([&] { return server.connections() == 1; });
  auto second = client.start("second");
  wait_until([&] { return client.stats().waiting == 1; });
  second.cancel();
  EXPECT_EQ(failure_of([&] { second.get(); }).failure(), llm_failure::cancelled);
  go.release(2);
  EXPECT_EQ(first.get().text, "yes");
  EXPECT_EQ(client.complete("third").text, "yes");
}

TYPED_TEST(LlmLimits, AStreamThatIsDroppedFreesItsConnection) {
  hostile_server server([](raw_connection& connection, int) {
    connection.request();
    connection.send(stream_head + chunk(token_event("a") + token_event("b")));
    connection.request();
  });
  auto options = options_for(server.url());
  options.most_connections_per_host = 1;
  TypeParam client(options);
  EXPECT_EQ(client.read("Hi", 1).text(), "a");
  EXPECT_EQ(client.read("Hi", 2).text(), "ab");
  EXPECT_EQ(client.stats().connections, 0U);
}

TYPED_TEST(LlmLimits, CloseWaitsForWhatIsUnderWay) {
  std::counting_semaphore<> go(0);
  hostile_server server([&](raw_connection& connection, int) {
    connection.request();
    go.acquire();
    connection.send(answer_with("in time"));
  });
  TypeParam client(options_for(server.url()));
  auto first = client.start("first");
  wait_until([&] { return server.connections() == 1; });
  auto closing = std::async(std::launch::async, [&] { return client.close(10s); });
  wait_until([&] {
    llm_parameters hurried;
    hurried.total_timeout = 1ms;
    return failure_of([&] { client.complete("late", hurried); }).failure() == llm_failure::closed;
  });
  go.release(1000);  // also those that came before it was closed
  EXPECT_EQ(closing.get(), 0U);
  EXPECT_EQ(first.get().text, "in time");
  EXPECT_EQ(client.stats().connections, 0U);
}

TYPED_TEST(LlmLimits, CloseCancelsWhatIsNotAnsweredInTime) {
  hostile_server server([](raw_connection& connection, int) {
    connection.request();
    connection.request();
  });
  auto options = options_for(server.url());
  options.most_connections_per_host = 1;
  TypeParam client(options);
  auto first = client.start("first");
  wait_until([&] { return server.connections() == 1; });
  auto second = client.start("second");
  wait_until([&] { return client.stats().waiting == 1; });
  EXPECT_EQ(client.close(10ms), 2U);
  EXPECT_EQ(failure_of([&] { first.get(); }).failure(), llm_failure::closed);
  EXPECT_EQ(failure_of([&] { second.get(); }).failure(), llm_failure::closed);
  EXPECT_EQ(client.stats().requests, 0U);
}

TYPED_TEST(LlmLimits, NoDescriptorIsLeftOpen) {
  const auto before = open_descriptors();
  {
    running_server running;
    hostile_server silent([](raw_connection& connection, int) {
      connection.request();
      connection.send("HTTP/1.1 200 OK\r\n");
      connection.request();
    });
    const refusing_port nobody;
    TypeParam client(options_for(this->url_of(running)));
    client.batch(this->prompts(50), 20);
    client.read("whole");
    client.read("a part", 1);
    llm_parameters where;
    where.total_timeout = 5ms;
    for (const std::string& url : {nobody.url, silent.url()}) {
      where.endpoint = llm_endpoint{url, ""};
      failure_of([&] { client.complete("Hi", where); });
    }
    where.total_timeout = 20s;
    const int timed_out = silent.connections();  // none, if its 5 ms were over at once
    auto cancelled = client.start("Hi", where);
    wait_until([&] { return silent.connections() > timed_out; });
    cancelled.cancel();
    failure_of([&] { cancelled.get(); });
    EXPECT_EQ(client.stats().connections, client.stats().idle_connections);
  }
  // Lookups end in their own time.
  wait_until([&] { return std::ranges::includes(before, open_descriptors()); });
  EXPECT_THAT(open_descriptors(), ::testing::IsSubsetOf(before));
}

TYPED_TEST(LlmLimits, AnIdleConnectionIsNotUsedBeyondItsTime) {
  std::atomic<std::int64_t> seconds{0};
  hostile_server server([](raw_connection& connection, int) {
    while (connection.request()) connection.send(answer_with("yes"));
  });
  auto options = options_for(server.url());
  options.idle_timeout = 15s;
  options.surroundings.now = [&] {
    return std::chrono::steady_clock::time_point(std::chrono::seconds(seconds));
  };
  TypeParam client(options);
  client.complete("Hi");
  seconds = 14;
  client.complete("Hi");
  EXPECT_EQ(server.connections(), 1);
  seconds = 29;
  client.complete("Hi");
  EXPECT_EQ(server.connections(), 2);
}

}  // namespace
}  // namespace regatta::test
