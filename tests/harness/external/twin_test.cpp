// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>

#include "harness/external/adapter_location.hpp"
#include "harness/gate/executable.hpp"
#include "tests/conformance/shared_references.hpp"

// Real Python and real Node.js, if they are here: their answers are checked against C++'s.

namespace regatta::test {
namespace {

using namespace std::chrono_literals;

struct twin {
  std::string name;  ///< for the test
  backend_choice choice;
  std::string workload;
};

void PrintTo(const twin& value, std::ostream* out) { *out << value.name; }

std::vector<twin> all_twins() {
  std::vector<twin> all;
  const auto add = [&](const std::string& backend, std::map<std::string, std::string> own,
                       const std::string& extra, const std::string& workload) {
    backend_choice choice{.backend = backend, .options = std::move(own), .label = backend};
    for (const backend_option& each : backends().at(backend).info.options) {
      choice.options.emplace(each.name, each.fallback);
    }
    all.push_back({backend + extra + "_on_" + workload, std::move(choice), workload});
  };
  for (const char* const workload : {"tokenize", "llm-complete"}) {
    for (const auto& [name, entry] : backends()) {
      if (entry.info.family != "python") continue;
      add(name, {}, "", workload);
      if (name != "python-process") continue;
      for (const char* const start : {"forkserver", "spawn"}) {
        add(name, {{"start", start}}, std::string("_") + start, workload);
      }
    }
    for (const char* const approach : {"promises", "worker-threads"}) {
      const auto adapter = find_adapter("node_twin.mjs").value_or("missing");
      add("external", {{"command", "node " + adapter}, {"approach", approach}},
          std::string("_node_") + approach, workload);
    }
  }
  return all;
}

std::string name_of(const testing::TestParamInfo<twin>& info) {
  std::string name = info.param.name;
  for (char& letter : name) {
    if (std::isalnum(static_cast<unsigned char>(letter)) == 0) letter = '_';
  }
  return name;
}

class Twin : public testing::TestWithParam<twin> {
 protected:
  static void SetUpTestSuite() {
    references = std::make_unique<shared_references>(
        shared_references::parameters{{"tokenize", {{"payload", 512}}}});
  }
  static void TearDownTestSuite() { references.reset(); }
  static inline std::unique_ptr<shared_references> references;
};

TEST_P(Twin, AnswersWhatCppAnswers) {
  const bool is_node = GetParam().choice.backend == "external";
  if (!find_program(is_node ? "node" : "python3")) GTEST_SKIP() << "there is none here";
  const shared_reference& reference = references->of(GetParam().workload);
  cell_process cell(reference.dataset.get(), [] { return false; });
  const auto answer = cell.start({.workload = GetParam().workload,
                                  .options = reference.options,
                                  .choice = GetParam().choice,
                                  .in_flight = 4,
                                  .endpoints = reference.endpoints,
                                  .api_key = {},
                                  .max_answer_bytes = reference.result.max_answer_bytes,
                                  .key = reference.result.key},
                                 30s);
  const auto* const missing = std::get_if<unavailable>(&answer);
  ASSERT_EQ(missing, nullptr) << missing->reason;
  const auto run = [&](const epoch_plan& plan) {
    const epoch_result result = cell.run(plan, true, 30s).result;
    EXPECT_EQ(result.wrong, 0U);
    EXPECT_EQ(result.failures, 0U) << result.first_failure;
    EXPECT_EQ(result.accounting_error, "");
    return result;
  };
  // All the different items there are, so that every answer is compared.
  const std::uint64_t all = reference.result.key.size();
  EXPECT_EQ(run({.first_index = 3ULL << 32U, .in_flight = 4, .item_limit = all}).items, all);
  EXPECT_EQ(run({.in_flight = 4, .item_limit = 0}).items, 0U);
  const auto in_window = run({.in_flight = 4, .ramp = 2ms, .window = 40ms, .stagger = 2ms});
  EXPECT_GE(in_window.items, 1U);
  EXPECT_GT(in_window.throughput, 0);
  const auto arrivals = run({.in_flight = 4, .rate = 200.0, .seed = 5, .item_limit = 8});
  EXPECT_EQ(arrivals.items, 8U);
  EXPECT_EQ(arrivals.unserved, 0U);
  EXPECT_GT(cell.summarise(30s).usage->user_seconds, 0) << "its CPU time was not counted";
}

INSTANTIATE_TEST_SUITE_P(Conformance, Twin, testing::ValuesIn(all_twins()), name_of);

TEST(TwinWithoutTheWorkload, IsUnavailableAndSaysWhatItHas) {
  if (!find_program("python3")) GTEST_SKIP() << "there is no python3 here";
  shared_references references;
  const shared_reference& reference = references.of("train-loop");
  cell_process cell(reference.dataset.get(), [] { return false; });
  const auto answer =
      cell.start({.workload = "train-loop",
                  .options = reference.options,
                  .choice = {"python-thread", {{"python", "python3"}, {"workers", "1"}}, "x"},
                  .endpoints = {},
                  .api_key = {},
                  .key = reference.result.key},
                 30s);
  ASSERT_TRUE(std::holds_alternative<unavailable>(answer));
  EXPECT_EQ(
      std::get<unavailable>(answer).reason,
      "'train-loop' is not written in Python; these are: llm-complete, tokenize, wait-compute");
}

}  // namespace
}  // namespace regatta::test
