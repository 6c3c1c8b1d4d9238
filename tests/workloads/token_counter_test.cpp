// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <map>
#include <sstream>
#include <string>

#include "harness/digest.hpp"
#include "tests/harness/contexts/colours.hpp"
#include "tests/workloads/opened_workload.hpp"
#include "workloads/cpu/counted_words.hpp"
#include "workloads/dataset_parts.hpp"

namespace regatta::test {
namespace {

workload_options by_method(double method) {
  workload_options options = quick_options();
  options.parameters["method"] = method;
  return options;
}

std::uint64_t words_in(dataset_parts texts) {
  std::uint64_t words = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    std::istringstream stream{std::string(as_text(texts[i]))};
    for (std::string word; stream >> word;) ++words;
  }
  return words;
}

TEST(WordCounters, EveryWordHasItsOwnWhateverItsCase) {
  const auto counters = [](std::string_view text) { return word_counters({}, as_bytes(text)); };
  const buffer found = counters("The tide, the TIDE");
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[0], found[2]);
  EXPECT_EQ(found[1], found[3]);
  EXPECT_NE(found[0], found[1]);
  EXPECT_EQ(counters("tide"), buffer(1, found[1])) << "a word that the text ends with";
  EXPECT_TRUE(counters("").empty());
  EXPECT_TRUE(counters(" ., 12 \n").empty());
}

TEST(TokenCounter, CountsEveryWordOnceByEveryMethodInBothColours) {
  opened_workload by_mutex("token-counter", by_method(0));
  const buffer expected = by_mutex.answer(1);
  const auto numbers = view_as<std::uint64_t>(expected);
  ASSERT_EQ(numbers.size(), 1 + counter_count);
  EXPECT_EQ(numbers[0], words_in(dataset_parts(by_mutex.input(1))));
  std::uint64_t sum = 0;
  for (const std::uint64_t count : numbers.subspan(1)) sum += count;
  EXPECT_EQ(sum, numbers[0]);
  for (const double method : {0.0, 1.0, 2.0}) {
    opened_workload workload("token-counter", by_method(method));
    EXPECT_EQ(workload.answer(1), expected) << method;
    EXPECT_EQ(workload.async_answer(1), expected) << method;
  }
}

/// What a counter is without any of the three: read, then written. The first two branches to count
/// have both read before either writes, as happens by chance without the barrier.
class torn_counters {
 public:
  explicit torn_counters(std::size_t) {}
  void add(std::size_t branch, std::size_t which) {
    const std::uint64_t seen = counts_[which].load(std::memory_order_relaxed);
    if (!std::exchange(met_[branch], true)) both_have_read_.arrive_and_wait();
    counts_[which].store(seen + 1, std::memory_order_relaxed);
  }
  counter_totals totals() const {
    counter_totals sums;
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] = counts_[i];
    return sums;
  }

 private:
  std::array<std::atomic<std::uint64_t>, counter_count> counts_{};
  std::array<bool, 2> met_{};  // each by its branch alone
  std::barrier<> both_have_read_{2};
};

template <class Counters>
digest digest_of_two_texts() {
  const std::string text = "tide";
  const buffer texts = pack_parts({as_bytes(text), as_bytes(text)});
  blocking colour;
  digest found = 0;
  colour.run([&](blocking_context& ctx) -> blocking_task<void> {
    found = digest_of(co_await count_words<Counters>(ctx, dataset_parts(texts)));
  });
  return found;
}

TEST(TokenCounter, AnUnsynchronisedCounterIsCaughtByItsDigest) {
  const digest right = digest_of_two_texts<mutex_counters>();
  EXPECT_EQ(digest_of_two_texts<atomic_counters>(), right);
  EXPECT_EQ(digest_of_two_texts<sharded_counters>(), right);
  EXPECT_NE(digest_of_two_texts<torn_counters>(), right);
}

}  // namespace
}  // namespace regatta::test
