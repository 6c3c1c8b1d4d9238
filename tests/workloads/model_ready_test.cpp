// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <stdexcept>
#include <string>

#include "harness/digest.hpp"
#include "tests/workloads/opened_workload.hpp"

namespace regatta::test {
namespace {

workload_options with(const std::string& parameter, double value) {
  workload_options options = quick_options();
  options.parameters[parameter] = value;
  return options;
}

TEST(ModelReady, AnswersEveryWaiterInBothColours) {
  opened_workload workload("model-ready", quick_options());
  const buffer answer = workload.answer(2);
  const auto said = view_as<std::uint64_t>(answer);
  EXPECT_EQ(said.size(), 16U);
  EXPECT_EQ(std::set<std::uint64_t>(said.begin(), said.end()).size(), 16U)
      << "requests differ, and so does what is said to them";
  EXPECT_EQ(answer, workload.async_answer(2));
  EXPECT_EQ(answer, workload.answer(2 + workload.instance().distinct_items()));
  EXPECT_NE(answer, workload.answer(3));
}

TEST(ModelReady, SaysTheSameWhateverTheCompiler) {
  opened_workload workload("model-ready", quick_options());
  EXPECT_EQ(digest_of(workload.answer(0)), 15066401172248746455U);
}

TEST(ModelReady, TheModelIsLoadedAndTheAnswersDependOnAllOfIt) {
  opened_workload small("model-ready", with("layers", 1));
  opened_workload large("model-ready", with("layers", 2));
  EXPECT_NE(small.answer(0), large.answer(0));
  opened_workload many("model-ready", with("waiters", 40));
  EXPECT_EQ(many.answer(0).size(), 40 * sizeof(std::uint64_t));
}

// An engine whose workers have died: what coroutine+process reports as an exception.
class broken_engine final : public compute_engine {
 public:
  async_task<buffer> compute(event_loop&, bytes_view, kernel_call, bytes_view) override {
    throw std::runtime_error("the worker was killed");
    co_return buffer();
  }
};

async_task<void> run_item(const workload_instance& instance, async_context context,
                          std::optional<std::string>& failure) {
  const item it{0, instance.input(0)};
  try {
    (void)co_await instance.run(context, it);
  } catch (const std::runtime_error& error) {
    failure = error.what();
  }
}

TEST(ModelReady, NobodyWaitsForAModelThatCannotBeLoaded) {
  const opened_workload workload("model-ready", quick_options());
  run_environment environment;
  environment.dataset = workload.dataset();
  event_loop loop;
  broken_engine engine;
  helper_threads helpers(1);
  async_runtime runtime(loop, environment, engine, helpers);
  std::optional<std::string> failure;
  loop.start(run_item(workload.instance(), async_context(runtime), failure));
  loop.run();
  EXPECT_EQ(failure, "the worker was killed");
}

}  // namespace
}  // namespace regatta::test
