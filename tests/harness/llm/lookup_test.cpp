// SPDX-License-Identifier: Apache-2.0
// How both clients find their hosts.
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <string>
#include <vector>

#include "tests/harness/llm/hostile_server.hpp"
#include "tests/harness/llm/llm_clients_asio.hpp"

namespace regatta::test {
namespace {

void answer_always(raw_connection& connection, int) {
  while (connection.request()) connection.send(answer_with("yes"));
}

template <class Client>
class LlmLookup : public ::testing::Test {
 protected:
  std::atomic<int> lookups{0};

  llm_client_options looking_up(const hostile_server& server,
                                std::vector<std::string> addresses = {"127.0.0.1"}) {
    auto options = options_for(server.url("llm.test"));
    options.surroundings.resolver = [this, addresses](const std::string& host) {
      ++lookups;
      EXPECT_EQ(host, "llm.test");
      return host_addresses{addresses, {}};
    };
    return options;
  }
};
TYPED_TEST_SUITE(LlmLookup, both_llm_clients, llm_client_names);

TYPED_TEST(LlmLookup, AHostIsLookedUpAgainWhenItsAddressIsOld) {
  std::atomic<std::int64_t> seconds{0};
  hostile_server server([](raw_connection& connection, int) {
    connection.request();
    connection.send(answer_with("yes"));  // and closes: each request needs a new connection
  });
  auto options = this->looking_up(server);
  options.address_lifetime = 60s;
  options.surroundings.now = [&] {
    return std::chrono::steady_clock::time_point(std::chrono::seconds(seconds));
  };
  TypeParam client(options);
  client.complete("Hi");
  seconds = 59;
  client.complete("Hi");
  EXPECT_EQ(this->lookups, 1);
  seconds = 60;
  client.complete("Hi");
  EXPECT_EQ(this->lookups, 2);
}

TYPED_TEST(LlmLookup, ManyRequestsShareOneLookup) {
  hostile_server server(answer_always);
  std::latch all_are_waiting(1);
  auto options = this->looking_up(server);
  options.surroundings.resolver = [&](const std::string&) {
    ++this->lookups;
    all_are_waiting.wait();
    return host_addresses{{"127.0.0.1"}, {}};
  };
  TypeParam client(options);
  std::vector<typename TypeParam::pending> started;
  for (int i = 0; i < 20; ++i) started.push_back(client.start("Hi"));
  wait_until([&] { return client.stats().requests == 20 && this->lookups == 1; });
  all_are_waiting.count_down();
  for (auto& each : started) EXPECT_EQ(each.get().text, "yes");
  EXPECT_EQ(this->lookups, 1);
}

TYPED_TEST(LlmLookup, TheNextAddressIsTriedIfOneRefuses) {
  hostile_server server(answer_always);
  TypeParam client(this->looking_up(server, {"127.0.0.2", "::1", "127.0.0.1"}));
  EXPECT_EQ(client.complete("Hi").text, "yes");
}

TYPED_TEST(LlmLookup, AHostWithoutAnAddressIsNamed) {
  auto options = options_for("http://nowhere.test");
  options.retry = quick_retries(3);
  options.surroundings.resolver = [this](const std::string&) {
    ++this->lookups;
    return host_addresses{{}, "Name or service not known"};
  };
  TypeParam client(options);
  const llm_error error = failure_of([&] { client.complete("Hi"); });
  EXPECT_EQ(error.failure(), llm_failure::lookup);
  EXPECT_NE(std::string(error.what()).find("'nowhere.test'"), std::string::npos) << error.what();
  EXPECT_EQ(this->lookups, 1) << "a host that does not exist will not exist in a second either";
}

TYPED_TEST(LlmLookup, ANameServerThatIsBusyIsAskedAgain) {
  hostile_server server(answer_always);
  auto options = this->looking_up(server);
  options.retry = quick_retries(3);
  options.surroundings.resolver = [this](const std::string&) {
    if (++this->lookups == 1) return host_addresses{{}, "Temporary failure", true};
    return host_addresses{{"127.0.0.1"}, {}};
  };
  TypeParam client(options);
  EXPECT_EQ(client.complete("Hi").attempts, 2U);
}

TYPED_TEST(LlmLookup, ALookupThatTakesTooLongIsLeftAlone) {
  hostile_server server(answer_always);
  const auto released = std::make_shared<std::latch>(1);
  auto options = this->looking_up(server);
  options.connect_timeout = 20ms;
  options.surroundings.resolver = [released](const std::string&) {
    released->wait();
    return host_addresses{{"127.0.0.1"}, {}};
  };
  {
    TypeParam client(options);
    const llm_error error = failure_of([&] { client.complete("Hi"); });
    EXPECT_EQ(error.failure(), llm_failure::connection);
    EXPECT_NE(std::string(error.what()).find("looking up"), std::string::npos) << error.what();
  }
  released->count_down();  // after its client is gone
}

TYPED_TEST(LlmLookup, TheSystemKnowsLocalhost) {
  hostile_server server(answer_always);
  TypeParam client(options_for(server.url("localhost")));
  EXPECT_EQ(client.complete("Hi").text, "yes");
}

}  // namespace
}  // namespace regatta::test
