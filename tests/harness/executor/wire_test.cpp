// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/wire.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>
#include <list>
#include <string_view>

#include "harness/executor/errors.hpp"
#include "harness/executor/wire_attempt.hpp"

namespace regatta::test {

// A type that says itself how it travels.
class money {
 public:
  explicit money(std::int64_t cents) : cents_(cents) {}
  std::int64_t cents() const { return cents_; }
  bool operator==(const money&) const = default;

 private:
  std::int64_t cents_;
};

// write() and read() do not agree.
struct longer_than_it_says {
  explicit longer_than_it_says(int) {}
};

}  // namespace regatta::test

template <>
struct regatta::wire<regatta::test::money> {
  static void write(wire_writer& out, const test::money& value) { wire_write(out, value.cents()); }
  static test::money read(wire_reader& in) { return test::money(wire_read<std::int64_t>(in)); }
};

template <>
struct regatta::wire<regatta::test::longer_than_it_says> {
  static void write(wire_writer& out, const test::longer_than_it_says&) { wire_write(out, 1); }
  static test::longer_than_it_says read(wire_reader& in) {
    wire_read<std::int64_t>(in);
    return test::longer_than_it_says(0);
  }
};

namespace regatta::test {
namespace {

template <class T>
T there_and_back(const T& value) {
  buffer bytes;
  wire_writer out(bytes);
  wire_write(out, value);
  wire_reader in(bytes);
  T arrived = wire_read<T>(in);
  in.expect_end();
  return arrived;
}

enum class colour : std::uint8_t { red = 3 };
struct point {
  double x = 0;
  double y = 0;
  bool operator==(const point&) const = default;
};
struct shape {
  std::string name;
  std::vector<point> corners;
  std::optional<colour> fill;
  std::array<int, 2> size{};
  bool operator==(const shape&) const = default;
};
struct square : point {
  double side = 0;
};
struct with_pointer {
  int* at = nullptr;
};
struct with_view {
  std::string_view text;
};

TEST(Wire, NumbersAndEnumsArriveAsTheyWere) {
  EXPECT_EQ(there_and_back(-5), -5);
  EXPECT_EQ(there_and_back(0.1), 0.1);
  EXPECT_EQ(there_and_back(true), true);
  EXPECT_EQ(there_and_back('x'), 'x');
  EXPECT_EQ(there_and_back(colour::red), colour::red);
  EXPECT_EQ(there_and_back(std::byte{200}), std::byte{200});
  EXPECT_EQ(there_and_back(std::chrono::milliseconds(7)), std::chrono::milliseconds(7));
}

TEST(Wire, TextKeepsEveryCharacter) {
  EXPECT_EQ(there_and_back(std::string()), "");
  EXPECT_EQ(there_and_back(std::string("a\0b", 3)), std::string("a\0b", 3));
  EXPECT_EQ(there_and_back(std::u32string(U"ab")), U"ab");
}

TEST(Wire, ContainersOfContainersArriveWhole) {
  using nested = std::vector<std::map<std::string, std::vector<int>>>;
  const nested all = {{{"a", {1, 2}}, {"", {}}}, {}};
  EXPECT_EQ(there_and_back(all), all);
  EXPECT_EQ(there_and_back(std::vector<bool>{true, false}), (std::vector<bool>{true, false}));
  EXPECT_EQ(there_and_back(std::set<std::string>{"b", "a"}), (std::set<std::string>{"a", "b"}));
  const std::unordered_map<int, std::string> table = {{1, "one"}, {2, "two"}};
  EXPECT_EQ(there_and_back(table), table);
  EXPECT_EQ(there_and_back(std::vector<std::monostate>(3)).size(), 3U);
}

TEST(Wire, OptionalsVariantsTuplesAndOwnersKeepWhatTheyHold) {
  EXPECT_EQ(there_and_back(std::optional<int>()), std::nullopt);
  EXPECT_EQ(there_and_back(std::optional(3)), 3);
  const std::variant<int, std::string, double> held = "text";
  EXPECT_EQ(there_and_back(held), held);
  EXPECT_EQ(there_and_back(std::tuple(1, std::string("two"), 3.0)), std::tuple(1, "two", 3.0));
  EXPECT_EQ(there_and_back(std::tuple<>()), std::tuple<>());
  buffer bytes;
  wire_writer out(bytes);
  wire_write(out, std::make_unique<std::string>("owned"));
  wire_reader in(bytes);
  EXPECT_EQ(*wire_read<std::unique_ptr<std::string>>(in), "owned");
}

TEST(Wire, AggregatesTravelFieldByField) {
  const shape house{"house", {{0, 0}, {1.5, 2}}, colour::red, {3, 4}};
  EXPECT_EQ(there_and_back(house), house);
}

TEST(Wire, ATypeMaySayItselfHowItTravels) {
  EXPECT_EQ(there_and_back(std::vector<money>{money(5)}), std::vector<money>{money(5)});
}

int add(int a, int b) { return a + b; }

TEST(Wire, AFunctionOfTheProgramTravelsAndOneOfALibraryDoesNot) {
  using function = int (*)(int, int);
  EXPECT_EQ(there_and_back<function>(add)(2, 3), 5);
  EXPECT_THROW(there_and_back<function>(nullptr), cannot_travel);
  EXPECT_THROW(there_and_back(&::getpid), cannot_travel);
}

TEST(Wire, WhatPointsIntoThisProcessDoesNotTravel) {
  static_assert(travelling<int> && travelling<shape> && travelling<money>);
  static_assert(!travelling<int*> && !travelling<const char*> && !travelling<std::string_view>);
  static_assert(!travelling<with_pointer> && !travelling<with_view> && !travelling<std::mutex>);
  static_assert(!travelling<std::vector<int*>> && !travelling<std::optional<std::string_view>>);
  static_assert(!travelling<std::function<int()>> && !travelling<std::shared_ptr<int>>);
}

TEST(Wire, AStructWithABaseIsNotTakenApart) {
  static_assert(!travelling<square>);  // and asking does not stop the compiler
}

TEST(Wire, AShortMessageIsRefusedBeforeMemoryIsAskedFor) {
  buffer bytes;
  wire_writer out(bytes);
  wire_write(out, std::uint64_t{1} << 60U);
  wire_reader in(bytes);
  EXPECT_THROW(wire_read<std::vector<double>>(in), std::runtime_error);
}

TEST(Wire, ADisagreementOfWriteAndReadIsSaid) {
  try {
    there_and_back(longer_than_it_says(1));
    ADD_FAILURE() << "it was read";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(),
                 "a message has 4 bytes left where 8 are read: write() and read() of a "
                 "regatta::wire specialisation do not agree");
  }
  buffer bytes(3);
  EXPECT_THROW(wire_reader(bytes).expect_end(), std::runtime_error);
}

TEST(Wire, AnExceptionArrivesWithTheNameOfItsType) {
  const attempt<int> failed(std::make_exception_ptr(std::out_of_range("too far")));
  const attempt<int> arrived = there_and_back(failed);
  ASSERT_FALSE(arrived.has_value());
  try {
    arrived.value();
  } catch (const remote_error& error) {
    EXPECT_STREQ(error.what(), "too far");
    EXPECT_EQ(error.type(), "std::out_of_range");
  }
  EXPECT_EQ(there_and_back(attempt<int>(5)).value(), 5);
  EXPECT_TRUE(there_and_back(attempt<void>(std::monostate())).has_value());
}

}  // namespace
}  // namespace regatta::test
