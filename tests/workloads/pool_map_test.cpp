// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "harness/digest.hpp"
#include "tests/workloads/opened_workload.hpp"

namespace regatta::test {
namespace {

workload_options by_chunks_of(double size) {
  workload_options options = quick_options();
  options.parameters["chunk"] = size;
  return options;
}

// An item's input, as the workload lays it out: pairs of a value and how often it is mixed.
std::vector<std::uint64_t> mapped_one_by_one(bytes_view input) {
  const auto words = view_as<std::uint64_t>(input);
  std::vector<std::uint64_t> answers;
  for (std::size_t i = 0; i < words.size(); i += 2) {
    std::uint64_t value = words[i];
    for (std::uint64_t round = 0; round < words[i + 1]; ++round) value = mix64(value);
    answers.push_back(value);
  }
  return answers;
}

TEST(PoolMap, AnswersInTheOrderOfTheInputsWhateverTheChunksInBothColours) {
  for (const double size : {1.0, 7.0, 10.0, 100.0, 200.0}) {
    opened_workload workload("pool-map", by_chunks_of(size));
    const auto expected = mapped_one_by_one(workload.input(3));
    ASSERT_EQ(expected.size(), 200U);
    const buffer right = to_buffer(std::as_bytes(std::span(expected)));
    EXPECT_EQ(workload.answer(3), right) << size;
    EXPECT_EQ(workload.async_answer(3), right) << size;
  }
}

TEST(PoolMap, ItsInputsAreOfVeryDifferentLength) {
  const opened_workload workload("pool-map", quick_options());
  const auto words = view_as<std::uint64_t>(workload.input(0));
  std::vector<std::uint64_t> rounds;
  for (std::size_t i = 1; i < words.size(); i += 2) rounds.push_back(words[i]);
  std::sort(rounds.begin(), rounds.end());
  EXPECT_EQ(rounds.back(), 40 * rounds.front());
  EXPECT_EQ(rounds[rounds.size() / 2], rounds.front()) << "most are short";
}

/// Counts the kernels that an item hands out.
class counting_engine final : public compute_engine {
 public:
  async_task<buffer> compute(event_loop&, bytes_view dataset, kernel_call work,
                             bytes_view input) override {
    ++calls;
    co_return work.function(dataset, input);
  }
  int calls = 0;
};

async_task<void> run_item(const workload_instance& instance, async_context context) {
  const item it{0, instance.input(0)};
  (void)co_await instance.run(context, it);
}

int kernels_of_an_item(double chunk) {
  const opened_workload workload("pool-map", by_chunks_of(chunk));
  run_environment environment;
  environment.dataset = workload.dataset();
  event_loop loop;
  counting_engine engine;
  helper_threads helpers(1);
  async_runtime runtime(loop, environment, engine, helpers);
  loop.start(run_item(workload.instance(), async_context(runtime)));
  loop.run();
  return engine.calls;
}

TEST(PoolMap, HandsOutAChunkAtATime) {
  EXPECT_EQ(kernels_of_an_item(1), 200);
  EXPECT_EQ(kernels_of_an_item(10), 20);
  EXPECT_EQ(kernels_of_an_item(100), 2);
  EXPECT_EQ(kernels_of_an_item(150), 2) << "the last one is smaller";
}

}  // namespace
}  // namespace regatta::test
