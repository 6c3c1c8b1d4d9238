// SPDX-License-Identifier: Apache-2.0
#include "harness/llm/connection_pool.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "harness/llm/address_cache.hpp"
#include "harness/llm/fifo_gate.hpp"

namespace regatta {
namespace {

using namespace std::chrono_literals;
using pool = connection_pool<int, int>;
using time_point = pool::time_point;

const time_point start{};

TEST(ConnectionPool, GivesNewConnectionsUpToTheLimitOfAHost) {
  pool links(10, 2, 1h);
  EXPECT_FALSE(links.take("a", start)->reused);
  EXPECT_FALSE(links.take("a", start)->reused);
  EXPECT_FALSE(links.take("a", start)) << "the third";
  EXPECT_TRUE(links.take("b", start)) << "another host has its own limit";
  EXPECT_EQ(links.open(), 3U);
}

TEST(ConnectionPool, GivesTheConnectionThatWasUsedLast) {
  pool links(10, 10, 1h);
  links.take("a", start);
  links.take("a", start);
  links.give_back("a", 1, start);
  links.give_back("a", 2, start + 1s);
  EXPECT_EQ(links.take("a", start + 2s)->reused, 2);
  EXPECT_EQ(links.take("a", start + 2s)->reused, 1);
  EXPECT_FALSE(links.take("a", start + 2s)->reused);
}

TEST(ConnectionPool, ServesWaitersInTheOrderOfAsking) {
  pool links(10, 1, 1h);
  links.take("a", start);
  for (const int waiter : {1, 2, 3}) links.wait("a", waiter);
  for (const int expected : {1, 2, 3}) {
    const auto served = links.give_back("a", 7, start);
    ASSERT_EQ(served.size(), 1U);
    EXPECT_EQ(served[0].waiter, expected);
    EXPECT_EQ(served[0].given.reused, 7);
  }
  EXPECT_TRUE(links.give_back("a", std::nullopt, start).empty());
}

TEST(ConnectionPool, AWaiterForABusyHostHoldsUpNobodyElse) {
  pool links(10, 1, 1h);
  links.take("a", start);
  links.take("b", start);
  links.wait("a", 1);
  links.wait("b", 2);
  const auto served = links.give_back("b", std::nullopt, start);
  ASSERT_EQ(served.size(), 1U);
  EXPECT_EQ(served[0].waiter, 2);
}

TEST(ConnectionPool, WhereTheTotalIsShortTheFirstOfAllHostsIsServed) {
  pool links(1, 1, 1h);
  links.take("a", start);
  links.wait("b", 1);
  links.wait("a", 2);
  const auto served = links.give_back("a", 7, start);
  ASSERT_EQ(served.size(), 1U);
  // Host a's idle connection could be reused by 2 at once, and 1 asked first.
  EXPECT_EQ(served[0].waiter, 1);
  EXPECT_FALSE(served[0].given.reused);
  EXPECT_EQ(served[0].given.evicted, 7);
  EXPECT_EQ(links.open(), 1U);
}

TEST(ConnectionPool, EvictsTheConnectionThatWasIdleLongest) {
  pool links(2, 2, 1h);
  links.take("a", start);
  links.take("b", start);
  links.give_back("b", 20, start);
  links.give_back("a", 10, start + 1s);
  EXPECT_EQ(links.take("c", start + 2s)->evicted, 20);
  EXPECT_EQ(links.take("c", start + 2s)->evicted, 10);
  EXPECT_FALSE(links.take("d", start + 2s)) << "both are in use";
}

TEST(ConnectionPool, AnOldIdleConnectionIsGivenToNobody) {
  pool links(10, 10, 15s);
  links.take("a", start);
  links.give_back("a", 1, start);
  EXPECT_FALSE(links.take("a", start + 15s)->reused);
  EXPECT_EQ(links.idle(), 0U);
  EXPECT_EQ(links.open(), 1U);
}

TEST(ConnectionPool, WhoGaveUpIsNotServed) {
  pool links(10, 1, 1h);
  links.take("a", start);
  const auto ticket = links.wait("a", 1);
  links.wait("a", 2);
  links.forget("a", ticket);
  const auto served = links.give_back("a", std::nullopt, start);
  ASSERT_EQ(served.size(), 1U);
  EXPECT_EQ(served[0].waiter, 2);
  EXPECT_EQ(links.waiting(), 0U);
}

TEST(ConnectionPool, DroppedConnectionsMakeRoom) {
  pool links(2, 2, 1h);
  links.take("a", start);
  links.take("a", start);
  links.give_back("a", 1, start);
  links.give_back("a", 2, start);
  EXPECT_EQ(links.drop_idle("a"), (std::vector{1, 2}));
  EXPECT_EQ(links.open(), 0U);
  EXPECT_TRUE(links.drop_all_idle().empty());
}

// The laws under any sequence: no limit is exceeded, nobody waits who could be served, and on one
// host everybody is served in the order of asking.
TEST(ConnectionPool, KeepsItsLawsInRandomHistories) {
  std::mt19937_64 random(1);
  for (int history = 0; history < 50; ++history) {
    const std::size_t most = 1 + random() % 6;
    const std::size_t per_host = 1 + random() % 3;
    pool links(most, per_host, 10s);
    const std::vector<std::string> hosts{"a", "b", "c"};
    std::map<std::string, std::size_t> in_use;
    std::map<std::string, std::deque<int>> queue;
    std::size_t users = 0;
    time_point now = start;
    for (int step = 0; step < 400; ++step) {
      now += std::chrono::milliseconds(random() % 3000);
      const std::string& host = hosts[random() % hosts.size()];
      if (random() % 2 == 0) {
        if (links.take(host, now)) {
          ++in_use[host];
          ++users;
        } else {
          EXPECT_TRUE(in_use[host] == per_host || users == most) << "could have been served";
          links.wait(host, step);
          queue[host].push_back(step);
        }
      } else if (in_use[host] > 0) {
        --in_use[host];
        --users;
        const auto usable = random() % 2 == 0 ? std::optional(step) : std::nullopt;
        for (const auto& next : links.give_back(host, usable, now)) {
          const auto of = std::find_if(queue.begin(), queue.end(), [&](const auto& entry) {
            return !entry.second.empty() && entry.second.front() == next.waiter;
          });
          ASSERT_NE(of, queue.end()) << "overtaken";
          of->second.pop_front();
          ++in_use[of->first];
          ++users;
        }
      }
      ASSERT_LE(links.open(), most);
      ASSERT_EQ(links.open() - links.idle(), users);
      for (const auto& each : hosts) {
        ASSERT_LE(in_use[each], per_host);
        ASSERT_TRUE(queue[each].empty() || in_use[each] == per_host || users == most);
      }
    }
  }
}

TEST(FifoGate, ServesInTheOrderOfAskingAndForgetsWhoGaveUp) {
  fifo_gate<int> gate(1);
  EXPECT_TRUE(gate.enter());
  EXPECT_FALSE(gate.enter());
  gate.wait(1);
  const auto ticket = gate.wait(2);
  gate.wait(3);
  gate.forget(ticket);
  EXPECT_EQ(gate.leave(), 1);
  EXPECT_EQ(gate.leave(), 3);
  EXPECT_FALSE(gate.leave());
  EXPECT_TRUE(gate.enter());
}

TEST(AddressCache, KnowsAHostForItsLifetime) {
  address_cache cache(10s);
  EXPECT_EQ(cache.find("a", start), nullptr);
  cache.store("a", {"127.0.0.1"}, start);
  ASSERT_NE(cache.find("a", start + 9s), nullptr);
  EXPECT_EQ(cache.find("a", start + 9s)->front(), "127.0.0.1");
  EXPECT_EQ(cache.find("a", start + 10s), nullptr);
  cache.store("a", {"127.0.0.2"}, start + 10s);
  cache.forget("a");
  EXPECT_EQ(cache.find("a", start + 10s), nullptr);
}

}  // namespace
}  // namespace regatta
