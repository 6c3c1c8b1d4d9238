// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <thread>

#include "tests/conformance/executor_laws.hpp"

// What a submitted call answers.

namespace regatta::test {
namespace {

using ExecutorResults = ExecutorLaws;
INSTANTIATE_TEST_SUITE_P(Laws, ExecutorResults, testing::ValuesIn(executor_names()), law_name);

TEST_P(ExecutorResults, AResultComesThroughItsFuture) {
  executor ex = make();
  const future<int> answer = ex.submit(twice, 21);
  EXPECT_EQ(answer.result(), 42);
  EXPECT_TRUE(answer.done());
  EXPECT_FALSE(answer.running());
  EXPECT_FALSE(answer.cancelled());
}

TEST_P(ExecutorResults, LambdasWithoutCapturesAndFunctionsAreCalledAlike) {
  executor ex = make();
  EXPECT_EQ(ex.submit([](int a, int b) { return a - b; }, 5, 3).result(), 2);
  EXPECT_EQ(ex.submit([](auto text) { return text.size(); }, std::string("four")).result(), 4U);
  EXPECT_EQ(ex.submit(&twice, 4).result(), 8);
  EXPECT_EQ(ex.submit(std::plus<>(), 4, 5).result(), 9);
}

TEST_P(ExecutorResults, AVoidCallHasItsEffectAndNoResult) {
  const temporary_directory here;
  const std::string file = (here.path() / "effect").string();
  executor ex = make();
  const future<void> answer = ex.submit(leave_file, file);
  answer.result();
  static_assert(std::is_void_v<decltype(answer.result())>);
  EXPECT_TRUE(std::filesystem::exists(file));
}

TEST_P(ExecutorResults, AnExceptionArrivesWithItsText) {
  executor ex = make();
  const future<int> answer = ex.submit(refuse_odd, 7);
  try {
    answer.result();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const std::exception& error) {
    EXPECT_STREQ(error.what(), "odd: 7");
  }
  EXPECT_TRUE(answer.done());
}

TEST_P(ExecutorResults, AnExceptionKeepsItsTypeOrTheNameOfIt) {
  executor ex = make();
  const future<int> answer = ex.submit(refuse_odd, 7);
  if (!in_processes()) {
    EXPECT_THROW(answer.result(), std::out_of_range);
    return;
  }
  try {
    answer.result();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const remote_error& error) {
    EXPECT_EQ(error.type(), "std::out_of_range");
  }
}

TEST_P(ExecutorResults, WhatIsNoStdExceptionArrivesToo) {
  executor ex = make();
  const future<int> answer = ex.submit([]() -> int { throw 7; });
  if (in_processes()) {
    try {
      answer.result();
      ADD_FAILURE() << "nothing was thrown";
    } catch (const remote_error& error) {
      EXPECT_EQ(error.type(), "int");
    }
  } else {
    EXPECT_THROW(answer.result(), int);
  }
  EXPECT_EQ(ex.submit(twice, 1).result(), 2) << "the executor goes on";
}

TEST_P(ExecutorResults, ExceptionAnswersWhatWasThrownOrNull) {
  executor ex = make();
  EXPECT_EQ(ex.submit(refuse_odd, 2).exception(), nullptr);
  const std::exception_ptr thrown = ex.submit(refuse_odd, 3).exception(10s);
  ASSERT_NE(thrown, nullptr);
  EXPECT_THROW(std::rethrow_exception(thrown), std::exception);
}

TEST_P(ExecutorResults, AFutureAnswersAsOftenAsItIsAskedAndSoDoCopies) {
  executor ex = make();
  const future<std::string> first = ex.submit([] { return std::string(100, 'x'); });
  const future<std::string> second = first;
  EXPECT_EQ(first.result(), second.result());
  EXPECT_EQ(&first.result(), &second.result()) << "the same result, not a copy";
  EXPECT_EQ(first.result().size(), 100U);
  EXPECT_TRUE(first == second);
}

TEST_P(ExecutorResults, AResultThatOnlyMovesIsTakenOut) {
  executor ex = make();
  future<std::unique_ptr<int>> kept = ex.submit([] { return std::make_unique<int>(7); });
  EXPECT_EQ(*kept.result(), 7);
  const std::unique_ptr<int> taken = kept.take();
  EXPECT_EQ(*taken, 7);
  EXPECT_EQ(*ex.submit([] { return std::make_unique<int>(8); }).result(), 8);
}

TEST_P(ExecutorResults, AnArgumentThatOnlyMovesIsMovedIn) {
  executor ex = make();
  const auto answer =
      ex.submit([](std::unique_ptr<int> value) { return *value + 1; }, std::make_unique<int>(6));
  EXPECT_EQ(answer.result(), 7);
}

struct order {
  std::string customer;
  std::vector<double> prices;
  std::optional<int> discount;
  std::map<std::string, int> stock;
  enum class speed { slow, fast } shipping = speed::slow;
  bool operator==(const order&) const = default;
};

order shipped_fast(order given) {
  given.shipping = order::speed::fast;
  given.prices.push_back(9.5);
  return given;
}

TEST_P(ExecutorResults, StructsOfTextNumbersAndContainersArriveWhole) {
  executor ex = make();
  const order placed{"Ada", {1.5, 2.25}, 10, {{"tea", 3}, {"", -1}}, order::speed::slow};
  EXPECT_EQ(ex.submit(shipped_fast, placed).result(), shipped_fast(placed));
  const auto answer = ex.submit(
      [](const std::vector<std::string>& words, std::pair<int, bool> flags) {
        return std::tuple(words.size(), flags.second, words.back());
      },
      std::vector<std::string>{"a", "", std::string(300, 'z')}, std::pair(1, true));
  EXPECT_EQ(answer.result(), std::tuple(std::size_t{3}, true, std::string(300, 'z')));
}

TEST_P(ExecutorResults, AMebibyteGoesThereAndBack) {
  executor ex = make();
  std::vector<std::uint32_t> numbers((std::size_t{1} << 20U) / sizeof(std::uint32_t) + 3);
  std::iota(numbers.begin(), numbers.end(), 5U);
  for (int i = 0; i < 3; ++i) {
    const auto answer = ex.submit(
        [](std::vector<std::uint32_t> all) {
          std::reverse(all.begin(), all.end());
          return all;
        },
        numbers);
    std::reverse(numbers.begin(), numbers.end());
    EXPECT_EQ(answer.result(), numbers);
  }
}

TEST_P(ExecutorResults, TenThousandSubmitsAllFinish) {
  executor ex = make();
  std::vector<future<int>> answers;
  for (int i = 0; i < 10'000; ++i) answers.push_back(ex.submit(twice, i));
  for (int i = 0; i < 10'000; ++i) ASSERT_EQ(answers[i].result(), 2 * i);
}

TEST_P(ExecutorResults, ManyThreadsMaySubmitAtOnce) {
  executor ex = make();
  std::atomic<int> right{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 50; ++i) right += ex.submit(twice, t * i).result() == 2 * t * i;
      });
    }
  }
  EXPECT_EQ(right, 200);
}

TEST_P(ExecutorResults, ACallableWithCapturesRunsWhereItIsOrIsRefusedWithTheReason) {
  executor ex = make();
  int base = 40;
  const auto capturing = [&base](int more) { return base + more; };
  if (!in_processes()) {
    EXPECT_EQ(ex.submit(capturing, 2).result(), 42);
    return;
  }
  try {
    (void)ex.submit(capturing, 2);
    ADD_FAILURE() << "it was sent";
  } catch (const cannot_travel& refusal) {
    const std::string said = refusal.what();
    EXPECT_NE(said.find("captures"), std::string::npos) << said;
    EXPECT_NE(said.find("the callable ("), std::string::npos) << said;
  }
  EXPECT_EQ(ex.submit(twice, 4).result(), 8) << "the executor goes on";
}

TEST_P(ExecutorResults, AnArgumentOrAResultThatCannotTravelIsNamed) {
  executor ex = make();
  std::mutex here;
  const auto submit_pointer = [&] {
    return ex.submit([](int, std::mutex* of) { return of != nullptr; }, 1, &here);
  };
  const auto submit_for_pointer = [&] { return ex.submit([]() -> const char* { return "text"; }); };
  if (!in_processes()) {
    EXPECT_TRUE(submit_pointer().result());
    EXPECT_STREQ(submit_for_pointer().result(), "text");
    return;
  }
  try {
    (void)submit_pointer();
    ADD_FAILURE() << "it was sent";
  } catch (const cannot_travel& refusal) {
    const std::string said = refusal.what();
    EXPECT_NE(said.find("argument 2 (std::mutex*)"), std::string::npos) << said;
    EXPECT_NE(said.find("regatta::wire"), std::string::npos) << said;
  }
  try {
    (void)submit_for_pointer();
    ADD_FAILURE() << "it was sent";
  } catch (const cannot_travel& refusal) {
    const std::string said = refusal.what();
    EXPECT_NE(said.find("the result (char const*)"), std::string::npos) << said;
  }
}

TEST_P(ExecutorResults, CallsRunWhereTheExecutorSays) {
  executor ex = make();
  const pid_t where = ex.submit([] { return ::getpid(); }).result();
  EXPECT_EQ(where != ::getpid(), in_processes());
  if (in_processes()) return;
  const auto thread = ex.submit([] { return std::this_thread::get_id(); }).result();
  EXPECT_EQ(thread == std::this_thread::get_id(), !info().concurrent);
}

}  // namespace
}  // namespace regatta::test
