// SPDX-License-Identifier: Apache-2.0
#include "harness/contexts/measure_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>
#include <thread>

#include "harness/platform/mapping.hpp"
#include "tests/harness/contexts/colours.hpp"

namespace regatta::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;

std::vector<measure> noted_in(const measure_book& book) {
  std::map<std::string, duration_histogram> totals;
  book.add_to(totals);
  return summarise(totals);
}

class MeasureBook : public testing::Test {
 protected:
  std::unique_ptr<measure_book> book_ = std::make_unique<measure_book>();
};

TEST_F(MeasureBook, CountsAndAddsByName) {
  EXPECT_THAT(noted_in(*book_), ElementsAre());
  book_->note("wait", 3ms);
  book_->note("first", 1ms);
  book_->note("wait", 5ms);
  const auto noted = noted_in(*book_);
  ASSERT_THAT(noted, ElementsAre(Field(&measure::name, "first"), Field(&measure::name, "wait")));
  EXPECT_EQ(noted[1].count, 2U);
  EXPECT_DOUBLE_EQ(noted[1].sum, 0.008);
  EXPECT_DOUBLE_EQ(noted[1].max, 0.005);
  EXPECT_NEAR(noted[1].p50.value(), 0.003, 0.00003);
  EXPECT_EQ(noted[1].p99, std::nullopt);
}

TEST_F(MeasureBook, IsEmptyAfterItWasCleared) {
  book_->note("wait", 1h);
  book_->clear();
  EXPECT_THAT(noted_in(*book_), ElementsAre());
  book_->note("wait", 1ms);
  const auto noted = noted_in(*book_);
  ASSERT_EQ(noted.size(), 1U);
  EXPECT_EQ(noted[0].count, 1U);
  EXPECT_DOUBLE_EQ(noted[0].max, 0.001);
}

TEST_F(MeasureBook, RefusesANameItCannotKeep) {
  EXPECT_THROW(book_->note("", 1ms), std::length_error);
  EXPECT_NO_THROW(book_->note(std::string(47, 'x'), 1ms));
  EXPECT_THROW(book_->note(std::string(48, 'x'), 1ms), std::length_error);
  EXPECT_EQ(noted_in(*book_).at(0).name, std::string(47, 'x'));
}

TEST_F(MeasureBook, RefusesTheNinthName) {
  for (int i = 0; i < 8; ++i) book_->note("part " + std::to_string(i), 1ms);
  EXPECT_NO_THROW(book_->note("part 7", 1ms));
  try {
    book_->note("part 8", 1ms);
    ADD_FAILURE() << "noted it";
  } catch (const std::length_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("'part 8'"));
  }
}

TEST_F(MeasureBook, LosesNothingOfManyThreads) {
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([this, i] {
        for (int k = 0; k < 10'000; ++k) {
          book_->note("all", std::chrono::nanoseconds(k));
          book_->note("of thread " + std::to_string(i % 2), 1ms);
        }
      });
    }
  }
  const auto noted = noted_in(*book_);
  ASSERT_EQ(noted.size(), 3U);
  EXPECT_EQ(noted[0].count, 40'000U);
  EXPECT_DOUBLE_EQ(noted[0].sum, 4 * 9999 * 5000e-9);
  EXPECT_DOUBLE_EQ(noted[0].max, 9999e-9);
  EXPECT_EQ(noted[1].count, 20'000U);
}

TEST(SharedMeasureBook, HasWhatAnotherProcessNotedThoughItDied) {
  const shared_mapping memory(sizeof(measure_book));
  auto& book = *reinterpret_cast<measure_book*>(memory.bytes().data());
  const pid_t child = ::fork();
  if (child == 0) {
    book.note("wait", 2ms);
    ::_exit(1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  book.note("wait", 4ms);
  EXPECT_THAT(noted_in(book), ElementsAre(Field(&measure::count, 2U)));
}

template <class Colour>
class Measuring : public testing::Test {};
TYPED_TEST_SUITE(Measuring, both_colours, colour_names);

TYPED_TEST(Measuring, GoesToTheBookOfTheRun) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  const auto book = std::make_unique<measure_book>();
  run_environment where;
  where.measures = book.get();
  TypeParam colour(where);
  colour.run([&](context& ctx) -> task {
    ctx.measure("a part", 7ms);
    co_return;
  });
  EXPECT_THAT(noted_in(*book), ElementsAre(Field(&measure::name, "a part")));
}

TYPED_TEST(Measuring, WithoutABookGoesNowhere) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  TypeParam colour;
  colour.run([&](context& ctx) -> task {
    ctx.measure("", 7ms);
    co_return;
  });
}

}  // namespace
}  // namespace regatta::test
