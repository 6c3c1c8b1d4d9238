// SPDX-License-Identifier: Apache-2.0
#include "harness/service/turns.hpp"

#include <gtest/gtest.h>

namespace regatta::test {
namespace {

using namespace std::chrono_literals;

struct record {
  std::vector<int> begun;
  std::vector<int> given_up;
  std::int64_t most_waiting = 0;
};

async_task<void> request(turns& line, event_loop& loop, int number, const shared_count& waiting,
                         record& into) {
  const bool its_turn = co_await line.take(0);
  into.most_waiting = std::max(into.most_waiting, waiting.get());
  if (!its_turn) {
    into.given_up.push_back(number);
    co_return;
  }
  into.begun.push_back(number);
  for (int i = 0; i < 10; ++i) co_await loop.yield();
  line.give_back();
}

record five_requests(std::size_t width, std::chrono::nanoseconds patience, bool one_stays) {
  record seen;
  event_loop loop;
  event_loop* const loops[] = {&loop};
  const run_environment environment;
  shared_count waiting;
  {
    turns line(loops, environment, width, patience, waiting);
    for (int i = 0; i < 5; ++i) {
      loop.start(request(line, loop, i, waiting, seen));
      if (one_stays) loop.start([](turns& of) -> async_task<void> { co_await of.take(0); }(line));
    }
    loop.run();
  }
  EXPECT_EQ(waiting.get(), 0);
  return seen;
}

TEST(Turns, AreInOrderOfArrival) {
  const record seen = five_requests(2, 10s, false);
  EXPECT_EQ(seen.begun, (std::vector<int>{0, 1, 2, 3, 4}));
  EXPECT_TRUE(seen.given_up.empty());
  EXPECT_EQ(seen.most_waiting, 2) << "seen when the first of three waiting ones has its turn";
}

TEST(Turns, WhoseTurnDoesNotComeInTimeGivesUp) {
  // After the first request a place is taken and never given back; the second one finds the other.
  const record seen = five_requests(2, 5ms, true);
  EXPECT_EQ(seen.begun.size() + seen.given_up.size(), 5U);
  EXPECT_FALSE(seen.given_up.empty());
  EXPECT_EQ(seen.given_up.back(), 4);
}

}  // namespace
}  // namespace regatta::test
