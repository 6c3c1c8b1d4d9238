// SPDX-License-Identifier: Apache-2.0
#include "tools/race_options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tools/complaint.hpp"

namespace regatta::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(ParseObjective, TakesTheFourAndNamesThem) {
  EXPECT_EQ(parse_objective("--objective", "throughput"), objective::throughput);
  EXPECT_EQ(parse_objective("--objective", "p99"), objective::p99);
  EXPECT_EQ(parse_objective("--objective", "cpu"), objective::cpu);
  EXPECT_EQ(parse_objective("--objective", "memory"), objective::memory);
  EXPECT_EQ(complaint([] { parse_objective("--objective", "speed"); }),
            "--objective takes throughput, p99, cpu or memory, not 'speed'");
}

TEST(ParseSlo, IsALimitOfP99InSeconds) {
  EXPECT_DOUBLE_EQ(parse_slo("--slo", "p99=50ms"), 0.05);
  EXPECT_DOUBLE_EQ(parse_slo("--slo", "p99=500us"), 0.0005);
  EXPECT_DOUBLE_EQ(parse_slo("--slo", "p99=1.5s"), 1.5);
}

TEST(ParseSlo, RefusesWhatIsNone) {
  for (const char* text : {"", "p99", "p99=", "50ms", "p50=50ms", "p99=50", "p99=0ms", "p99=-1ms",
                           "p99=nan", "p99=inf", "p99=50 ms", "p99=1e300s", "p99==50ms"}) {
    EXPECT_THAT(complaint([&] { parse_slo("--slo", text); }),
                AllOf(HasSubstr("--slo takes a limit like p99=50ms"),
                      HasSubstr("'" + std::string(text) + "'")))
        << text;
  }
}

TEST(Require, SetsWhatItNamesAndNothingElse) {
  constraints required;
  require(required, "--must", "isolate");
  EXPECT_TRUE(required.isolate);
  EXPECT_FALSE(required.sync_libraries);
  require(required, "--must", "sync-libraries");
  EXPECT_TRUE(required.sync_libraries);
  EXPECT_THAT(complaint([&] { require(required, "--must", "scale"); }),
              AllOf(HasSubstr("isolate"), HasSubstr("sync-libraries"), HasSubstr("'scale'")));
}

TEST(ParseBytes, TakesBinaryAndDecimalUnits) {
  EXPECT_EQ(parse_bytes("--max-memory", "512MiB"), 512U << 20U);
  EXPECT_EQ(parse_bytes("--max-memory", "1.5GB"), 1'500'000'000U);
  EXPECT_EQ(parse_bytes("--max-memory", "3kB"), 3000U);
}

TEST(ParseBytes, RefusesWhatIsNoSize) {
  for (const char* text : {"", "512", "MiB", "0MiB", "-1MiB", "nanMiB", "infGB", "1e300GB", "1 MiB",
                           "512mib", "512MiB!"}) {
    EXPECT_THAT(complaint([&] { parse_bytes("--max-memory", text); }),
                HasSubstr("--max-memory takes a size like 512MiB"))
        << text;
  }
}

TEST(ParseShare, TakesPercentAndFractions) {
  EXPECT_DOUBLE_EQ(parse_share("--delta", "5%"), 0.05);
  EXPECT_DOUBLE_EQ(parse_share("--delta", "0.05"), 0.05);
  EXPECT_DOUBLE_EQ(parse_share("--delta", "0"), 0);
  for (const char* text : {"", "five", "-5%", "nan", "5 %", "5%%"}) {
    EXPECT_THAT(complaint([&] { parse_share("--delta", text); }), HasSubstr("5% or 0.05")) << text;
  }
}

}  // namespace
}  // namespace regatta::test
