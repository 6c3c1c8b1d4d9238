// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "tests/workloads/opened_workload.hpp"
#include "tests/workloads/temporary_directory.hpp"
#include "workloads/dataset_parts.hpp"

namespace regatta::test {
namespace {

workload_options options_with(const std::string& name, double value) {
  workload_options options = quick_options();
  options.parameters[name] = value;
  return options;
}

TEST(WorkloadParameters, AreDeclaredSoundly) {
  for (const auto& [name, entry] : workloads()) {
    std::set<std::string> names;
    for (const workload_parameter& parameter : entry.info.parameters) {
      EXPECT_TRUE(names.insert(parameter.name).second) << name << " " << parameter.name;
      EXPECT_NE(parameter.name, "in-flight") << "that is the load, of all workloads";
      EXPECT_FALSE(parameter.meaning.empty()) << name;
      EXPECT_LE(0, parameter.least) << name;
      EXPECT_LE(parameter.least, parameter.fallback) << name;
      EXPECT_LE(parameter.fallback, parameter.most) << name;
      EXPECT_EQ(parameter_of(entry.info, {}, parameter.name), parameter.fallback);
      EXPECT_EQ(
          parameter_of(entry.info, options_with(parameter.name, parameter.least), parameter.name),
          parameter.least);
    }
  }
}

TEST(WorkloadParameters, OneThatIsNotDeclaredIsABugOfTheWorkload) {
  EXPECT_THROW(parameter_of(workload_info{}, {}, "payload"), std::logic_error);
}

TEST(WorkloadParameters, ThePayloadOfTokenizeIsTheSizeOfAnItem) {
  for (const double size : {16.0, 100.0, 4096.0, 32768.0, 100'000.0}) {
    const opened_workload workload("tokenize", options_with("payload", size));
    const auto items = workload.instance().distinct_items();
    EXPECT_GT(items, 10U);
    std::uint64_t smaller = 0;
    for (std::uint64_t i = 0; i < items; ++i) {
      const auto bytes = static_cast<double>(workload.input(i).size());
      EXPECT_LE(bytes, size);
      EXPECT_GT(bytes, 0);
      smaller += bytes < size - std::min(256.0, size / 2) ? 1 : 0;
    }
    EXPECT_LE(smaller, 1U) << "only the last of the corpus may be shorter, at " << size;
  }
}

TEST(WorkloadParameters, TokenizeLeavesNoPartOfAShortTextOut) {
  const temporary_directory folder;
  folder.write("one.txt", "a single line\n");
  workload_options options = options_with("payload", 1 << 20);
  options.input = folder.path();
  const opened_workload workload("tokenize", options);
  EXPECT_EQ(workload.instance().distinct_items(), 1U);
  EXPECT_EQ(as_text(workload.input(0)), "a single line\n\n");
}

TEST(WorkloadParameters, ThePayloadOfLlmCompleteIsTheSizeOfItsPrompt) {
  for (const double size : {100.0, 5000.0}) {
    const opened_workload workload("llm-complete", options_with("payload", size));
    const auto bytes = static_cast<double>(workload.input(7).size());
    EXPECT_GE(bytes, size);
    EXPECT_LE(bytes, size + 400) << "a sentence too many at most";
  }
}

TEST(WorkloadParameters, WaitComputeAnswersTheSameWhateverItsShares) {
  opened_workload mostly_waits("wait-compute", options_with("cpu-share", 0.01));
  opened_workload computes("wait-compute", options_with("cpu-share", 1));
  EXPECT_EQ(mostly_waits.answer(3), computes.answer(3));
  EXPECT_NE(computes.answer(3), computes.answer(4));
}

}  // namespace
}  // namespace regatta::test
