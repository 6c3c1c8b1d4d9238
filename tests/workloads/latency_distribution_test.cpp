// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/latency_distribution.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <string>

#include "harness/digest.hpp"

namespace regatta {
namespace {

using namespace std::chrono_literals;
using shape = latency_distribution::shape;

struct moments {
  double mean = 0;
  double log_deviation = 0;
};

moments sampled(const latency_distribution& distribution) {
  constexpr int draws = 100'000;
  double sum = 0;
  double log_sum = 0;
  double log_squares = 0;
  for (std::uint64_t i = 0; i < draws; ++i) {
    const auto value = static_cast<double>(distribution.sample(mix64(i)).count());
    EXPECT_GE(value, 0);
    sum += value;
    log_sum += std::log(value);
    log_squares += std::log(value) * std::log(value);
  }
  const double log_mean = log_sum / draws;
  return {sum / draws, std::sqrt(log_squares / draws - log_mean * log_mean)};
}

TEST(LatencyDistribution, TheStatedMeanIsTheMeanOfWhatIsDrawn) {
  for (const char* const text :
       {"200ms", "lognormal:200ms:0.25", "lognormal:10ms:1", "exponential:50ms"}) {
    const auto distribution = parse_latency_distribution(text);
    const auto stated = static_cast<double>(distribution.mean.count());
    EXPECT_NEAR(sampled(distribution).mean, stated, 0.02 * stated) << text;
  }
}

TEST(LatencyDistribution, SigmaIsTheDeviationOfTheLogarithm) {
  EXPECT_NEAR(sampled(parse_latency_distribution("lognormal:200ms:0.25")).log_deviation, 0.25,
              0.003);
}

TEST(LatencyDistribution, EqualWordsGiveEqualLatencies) {
  const auto distribution = parse_latency_distribution("lognormal:200ms:0.25");
  EXPECT_EQ(distribution.sample(42), distribution.sample(42));
  EXPECT_NE(distribution.sample(mix64(1)), distribution.sample(mix64(2)));
}

TEST(LatencyDistribution, ExtremeWordsGiveFiniteLatencies) {
  for (const char* const text : {"lognormal:1s:5", "exponential:3600s"}) {
    const auto distribution = parse_latency_distribution(text);
    for (const std::uint64_t word : {0UL, ~0UL, 0xffffffffUL, 0xffffffff00000000UL}) {
      EXPECT_GE(distribution.sample(word), 0ns) << text;
    }
  }
}

TEST(LatencyDistribution, ReadsEveryForm) {
  EXPECT_EQ(parse_latency_distribution("0"), latency_distribution{});
  EXPECT_EQ(parse_latency_distribution("1.5ms"),
            (latency_distribution{shape::constant, 1500us, 0}));
  EXPECT_EQ(parse_latency_distribution("constant:7ns"),
            (latency_distribution{shape::constant, 7ns, 0}));
  EXPECT_EQ(parse_latency_distribution("lognormal:2s:0.5"),
            (latency_distribution{shape::lognormal, 2s, 0.5}));
  EXPECT_EQ(parse_latency_distribution("exponential:50us"),
            (latency_distribution{shape::exponential, 50us, 0}));
}

TEST(LatencyDistribution, TextIsReadBackAsTheSameValue) {
  for (const char* const text :
       {"0s", "5ms", "1500us", "lognormal:200ms:0.25", "exponential:1ns"}) {
    EXPECT_EQ(to_string(parse_latency_distribution(text)), text);
  }
}

TEST(LatencyDistribution, RefusesWhatItCannotRead) {
  for (const char* const text : {"",
                                 "200",
                                 "ms",
                                 "-1ms",
                                 "nanms",
                                 "inf",
                                 "1e3ms",
                                 "200 ms",
                                 "2h",
                                 "9999999s",
                                 "lognormal:200ms",
                                 "lognormal:200ms:",
                                 "lognormal:200ms:-1",
                                 "lognormal:200ms:9",
                                 "lognormal:200ms:0.2:1",
                                 "exponential",
                                 "exponential:50ms:1",
                                 "gauss:1ms",
                                 ":",
                                 "constant:"}) {
    EXPECT_THROW(parse_latency_distribution(text), std::invalid_argument) << text;
  }
}

TEST(LatencyDistribution, SaysWhatToWriteInstead) {
  try {
    parse_latency_distribution("lognormal:200:0.25");
    FAIL() << "should have thrown";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(
        error.what(),
        "latency 'lognormal:200:0.25': '200' is not a duration; write a number and ns, us, ms "
        "or s, as in 200ms");
  }
}

}  // namespace
}  // namespace regatta
