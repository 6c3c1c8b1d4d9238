// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>

#include "tests/conformance/shared_references.hpp"

// Under every lock model each backend of ours still answers everything, once, and right.

namespace regatta::test {
namespace {

using namespace std::chrono_literals;

struct locked_cell {
  std::string backend;
  std::string workload;
  lock_model lock;
};

void PrintTo(const locked_cell& value, std::ostream* out) {
  *out << value.backend << " on " << value.workload << ", " << to_string(value.lock);
}

std::vector<locked_cell> all_cells() {
  std::vector<locked_cell> all;
  for (const auto& [name, entry] : backends()) {
    if (!entry.info.family.empty()) continue;
    for (const char* const workload : {"tokenize", "train-loop", "rag"}) {
      for (const lock_model lock : {lock_model::gil, lock_model::free_threaded}) {
        all.push_back({name, workload, lock});
      }
    }
  }
  return all;
}

std::string name_of(const testing::TestParamInfo<locked_cell>& info) {
  std::string name = fmt::format("{}_on_{}_{}", info.param.backend, info.param.workload,
                                 to_string(info.param.lock));
  for (char& letter : name) {
    if (std::isalnum(static_cast<unsigned char>(letter)) == 0) letter = '_';
  }
  return name;
}

class LockConformance : public testing::TestWithParam<locked_cell> {
 protected:
  static void SetUpTestSuite() { references = std::make_unique<shared_references>(); }
  static void TearDownTestSuite() { references.reset(); }
  static inline std::unique_ptr<shared_references> references;
};

TEST_P(LockConformance, EveryItemIsAnsweredRight) {
  const shared_reference& reference = references->of(GetParam().workload);
  backend_choice choice{.backend = GetParam().backend, .options = {}, .label = GetParam().backend};
  for (const auto& each : backends().at(choice.backend).info.options) {
    choice.options[each.name] = each.fallback;
  }
  cell_process cell(reference.dataset.get(), [] { return false; });
  const auto answer = cell.start({.workload = GetParam().workload,
                                  .options = reference.options,
                                  .choice = choice,
                                  .in_flight = 4,
                                  .endpoints = reference.endpoints,
                                  .api_key = {},
                                  .max_answer_bytes = reference.result.max_answer_bytes,
                                  .key = reference.result.key,
                                  .lock = GetParam().lock},
                                 30s);
  if (const auto* missing = std::get_if<unavailable>(&answer)) GTEST_SKIP() << missing->reason;
  for (const std::uint64_t block : {0U, 1U}) {
    epoch_plan plan{.first_index = block << 32U, .in_flight = 4, .item_limit = 13};
    const epoch_result result = cell.run(plan, true, 30s).result;
    EXPECT_EQ(result.items, 13U);
    EXPECT_EQ(result.wrong, 0U);
    EXPECT_EQ(result.failures, 0U) << result.first_failure;
    EXPECT_EQ(result.accounting_error, "");
  }
}

INSTANTIATE_TEST_SUITE_P(Conformance, LockConformance, testing::ValuesIn(all_cells()), name_of);

}  // namespace
}  // namespace regatta::test
