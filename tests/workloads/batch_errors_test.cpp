// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/workloads/mock_llm_client.hpp"
#include "tests/workloads/opened_workload.hpp"
#include "workloads/dataset_parts.hpp"
#include "workloads/servers/completion_text.hpp"

namespace regatta::test {
namespace {

endpoint_map llm_at(const running_server& running) {
  return {{"llm", "http://127.0.0.1:" + std::to_string(running.server.port())}};
}

workload_options failing(double share) {
  workload_options options = quick_options();
  options.parameters["failing"] = share;
  return options;
}

// What a client that asks one after the other gets.
std::string expected_answer(bytes_view input, std::size_t& failed) {
  std::string lines;
  const dataset_parts requests(input);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const auto tokens = read_as<unsigned>(requests[i]);
    const std::string prompt(as_text(requests[i].subspan(sizeof(unsigned))));
    if (tokens == 0) {
      ++failed;
      lines +=
          "failed: the LLM answered 400: 'max_tokens' must be a whole number from 1 to 32768\n";
    } else {
      const completion_text text("regatta-mock", chat(prompt)["messages"].dump());
      lines += "ok: " + text.first(tokens) + '\n';
    }
  }
  return lines;
}

TEST(BatchErrors, AnswersAndErrorsAreInTheOrderOfTheRequestsInBothColours) {
  running_server running;
  opened_workload workload("batch-errors", quick_options(), llm_at(running));
  for (const std::uint64_t index : {0U, 1U, 31U}) {
    std::size_t failed = 0;
    const std::string expected = expected_answer(workload.input(index), failed);
    EXPECT_EQ(failed, 3U) << "a quarter of 12";
    EXPECT_EQ(as_text(workload.answer(index)), expected);
    EXPECT_EQ(as_text(workload.async_answer(index)), expected);
  }
  EXPECT_EQ(running.server.stats().refused, 18U) << "the server really refused them";
}

TEST(BatchErrors, TheShareOfFailuresIsAParameter) {
  running_server running;
  for (const auto& [share, failures] : {std::pair(0.0, 0), std::pair(0.5, 6), std::pair(1.0, 12)}) {
    opened_workload workload("batch-errors", failing(share), llm_at(running));
    const buffer answer = workload.answer(0);
    std::string text(as_text(answer));
    int found = 0;
    for (std::size_t at = 0; (at = text.find("failed: ", at)) != std::string::npos; ++at) ++found;
    EXPECT_EQ(found, failures) << share;
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 12) << share;
  }
}

TEST(BatchErrors, TheFailuresHaveOtherPlacesInOtherItems) {
  const opened_workload workload("batch-errors", quick_options());
  const auto places = [&](std::uint64_t index) {
    std::string text;
    const dataset_parts requests(workload.input(index));
    for (std::size_t i = 0; i < requests.size(); ++i) {
      text += read_as<unsigned>(requests[i]) == 0 ? 'x' : '.';
    }
    return text;
  };
  EXPECT_NE(places(0), places(1));
}

}  // namespace
}  // namespace regatta::test
