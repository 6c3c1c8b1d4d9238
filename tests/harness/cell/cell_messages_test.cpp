// SPDX-License-Identifier: Apache-2.0
#include "harness/cell/cell_messages.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace regatta::test {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

template <class T>
T sent(const T& value) {
  return json::parse(json(value).dump()).get<T>();
}

TEST(CellMessages, AStartSaysWhatIsTooLongForALoop) {
  cell_start start;
  EXPECT_EQ(sent(start).blocked_over, std::nullopt);
  start.blocked_over = 10ms;
  EXPECT_EQ(sent(start).blocked_over, 10ms);
}

TEST(CellMessages, ASummaryHasItsFindings) {
  cell_summary summary;
  EXPECT_EQ(sent(summary).findings, std::nullopt) << "nobody looked";
  summary.findings.emplace();
  EXPECT_EQ(sent(summary).findings, std::vector<finding>()) << "nothing was found";
  summary.findings->push_back({.kind = finding_kind::blocked_loop,
                               .sentence = "größer \"als\"",
                               .threshold = 0.01,
                               .stretches = 312,
                               .blocked = 9.31,
                               .longest = 0.0412,
                               .items = 1204,
                               .looked_at = 14,
                               .cause = "computing",
                               .function = "encode",
                               .place = "tokenize.cpp:88"});
  EXPECT_EQ(sent(summary).findings, summary.findings);
}

TEST(CellMessages, ASummaryHasItsMeasuresAndHowFilesWereRead) {
  cell_summary summary;
  EXPECT_TRUE(sent(summary).measures.empty());
  summary.measures = {{.name = "time to \"first\" token",
                       .count = 7,
                       .sum = 1.5,
                       .p50 = 0.2,
                       .p90 = {},
                       .p99 = {},
                       .max = 0.4}};
  summary.facts.file_reads = "io_uring";
  const cell_summary got = sent(summary);
  EXPECT_EQ(got.measures, summary.measures);

  cell_result result;
  take_over(result, got);
  EXPECT_EQ(result.measures, summary.measures);
  EXPECT_EQ(result.facts.file_reads, "io_uring");
}

}  // namespace
}  // namespace regatta::test
