// SPDX-License-Identifier: Apache-2.0
#include <list>
#include <memory>
#include <numeric>
#include <span>

#include "tests/conformance/executor_laws.hpp"

// map(): many calls, results in order.

namespace regatta::test {
namespace {

using ExecutorMap = ExecutorLaws;
INSTANTIATE_TEST_SUITE_P(Laws, ExecutorMap, testing::ValuesIn(executor_names()), law_name);

std::vector<int> numbers(int count) {
  std::vector<int> all(static_cast<std::size_t>(count));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

TEST_P(ExecutorMap, AnswersInTheOrderOfTheElements) {
  executor ex = make();
  int expected = 0;
  for (const int each : ex.map(twice, numbers(50))) {
    EXPECT_EQ(each, expected);
    expected += 2;
  }
  EXPECT_EQ(expected, 100);
}

TEST_P(ExecutorMap, ChunksOfAnySizeCoverEveryElementOnce) {
  executor ex = make();
  for (const std::size_t chunk : {1U, 7U, 100U}) {
    for (const int count : {1, 6, 7, 8, 99, 100, 101}) {
      const std::vector<int> answers = ex.map(twice, numbers(count), {.chunk = chunk}).to_vector();
      ASSERT_EQ(answers.size(), static_cast<std::size_t>(count)) << "chunks of " << chunk;
      for (int i = 0; i < count; ++i) ASSERT_EQ(answers[i], 2 * i) << "chunks of " << chunk;
    }
  }
}

TEST_P(ExecutorMap, AChunkOfNothingIsRefused) {
  executor ex = make();
  EXPECT_THROW((void)ex.map(twice, numbers(3), {.chunk = 0}), std::invalid_argument);
}

TEST_P(ExecutorMap, OfAnEmptyRangeIsEmpty) {
  executor ex = make();
  auto none = ex.map(twice, std::vector<int>());
  EXPECT_TRUE(none.begin() == none.end());
  EXPECT_TRUE(ex.map(twice, std::vector<int>(), {.chunk = 7}).to_vector().empty());
}

TEST_P(ExecutorMap, TakesAnyRangeAndLeavesItAsItWas) {
  executor ex = make();
  const std::list<std::string> words = {"a", "bb", "ccc"};
  const auto length = [](const std::string& word) { return word.size(); };
  EXPECT_EQ(ex.map(length, words, {.chunk = 2}).to_vector(), (std::vector<std::size_t>{1, 2, 3}));
  EXPECT_EQ(words.back(), "ccc");
  std::vector<std::string> mutable_words(words.begin(), words.end());
  const auto long_ones = ex.map(length, std::span(mutable_words).subspan(1)).to_vector();
  EXPECT_EQ(long_ones, (std::vector<std::size_t>{2, 3}));
  EXPECT_EQ(mutable_words.back(), "ccc");
}

TEST_P(ExecutorMap, MovesElementsOutOfAContainerThatIsGivenAway) {
  executor ex = make();
  std::vector<std::unique_ptr<int>> owned;
  for (int i = 0; i < 5; ++i) owned.push_back(std::make_unique<int>(i));
  const auto sum =
      ex.map([](std::unique_ptr<int> each) { return *each + 1; }, std::move(owned), {.chunk = 2})
          .to_vector();
  EXPECT_EQ(sum, (std::vector<int>{1, 2, 3, 4, 5}));
}

TEST_P(ExecutorMap, AnElementThatThrowsSpoilsNoNeighbour) {
  executor ex = make();
  for (const std::size_t chunk : {1U, 4U, 100U}) {
    const auto attempts = ex.map(refuse_odd, numbers(10), {.chunk = chunk}).attempts();
    ASSERT_EQ(attempts.size(), 10U);
    for (int i = 0; i < 10; ++i) {
      if (i % 2 == 0) {
        EXPECT_EQ(attempts[i].value(), i);
      } else {
        EXPECT_FALSE(attempts[i].has_value());
        EXPECT_THROW(attempts[i].value(), std::exception);
      }
    }
  }
}

TEST_P(ExecutorMap, AVectorOfAllThrowsTheFirstExceptionInOrder) {
  executor ex = make();
  try {
    ex.map(refuse_odd, std::vector<int>{2, 4, 9, 6, 5}, {.chunk = 2}).to_vector();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const std::exception& error) {
    EXPECT_STREQ(error.what(), "odd: 9");
  }
}

TEST_P(ExecutorMap, OfCallsWithoutResultCountsThem) {
  const temporary_directory here;
  std::vector<std::string> files;
  for (int i = 0; i < 5; ++i) files.push_back((here.path() / std::to_string(i)).string());
  executor ex = make();
  EXPECT_EQ(ex.map(leave_file, files, {.chunk = 2}).to_vector().size(), 5U);
  for (const std::string& each : files) EXPECT_TRUE(std::filesystem::exists(each));
}

TEST_P(ExecutorMap, OfTruthsIsAVectorOfThem) {
  executor ex = make();
  const auto odd = [](int value) { return value % 2 != 0; };
  EXPECT_EQ(ex.map(odd, numbers(4), {.chunk = 3}).to_vector(),
            (std::vector<bool>{false, true, false, true}));
  const auto negated = [](bool value) { return !value; };
  EXPECT_EQ(ex.map(negated, std::vector<bool>{true, false, true}, {.chunk = 2}).to_vector(),
            (std::vector<bool>{false, true, false}));
}

TEST_P(ExecutorMap, ThrowsWhenTheTimeIsUpAndCancelsNothing) {
  if (!info().concurrent) GTEST_SKIP() << "map() returns when all is done";
  const gate closed;
  executor ex = make(1);
  auto results = ex.map(pass, std::vector{closed.path()}, {.timeout = 10ms});
  closed.await_begun();
  EXPECT_THROW(results.begin(), timeout_error);
  closed.open();
  ex.shutdown();
  EXPECT_GT(*results.begin(), 0) << "what is there is answered, whatever the time";
}

TEST_P(ExecutorMap, ThatIsDroppedCancelsWhatHasNotBegun) {
  if (!info().concurrent) GTEST_SKIP() << "map() returns when all is done";
  const temporary_directory here;
  const std::string file = (here.path() / "never").string();
  {
    executor ex = make(1);
    const gate closed;
    const auto busy = ex.submit(pass, closed.path());
    closed.await_begun();
    { auto dropped = ex.map(leave_file, std::vector{file}); }
    closed.open();
  }
  EXPECT_FALSE(std::filesystem::exists(file));
}

}  // namespace
}  // namespace regatta::test
