// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "tests/workloads/mock_llm_client.hpp"
#include "tests/workloads/opened_workload.hpp"
#include "tests/workloads/temporary_directory.hpp"
#include "workloads/servers/completion_text.hpp"
#include "workloads/servers/sqlite_database.hpp"

namespace regatta::test {
namespace {

// The workloads that talk to servers, against the real ones, without their latency.
class ServedWorkloads : public testing::Test {
 protected:
  ServedWorkloads() { create_sqlite_database(directory_.path() / "db", 1, 2000); }

  endpoint_map endpoints() {
    const std::string url = "http://127.0.0.1:" + std::to_string(running_.server.port());
    return {{"llm", url}, {"documents", url}, {"database", (directory_.path() / "db").string()}};
  }

  temporary_directory directory_;
  running_server running_;
};

TEST_F(ServedWorkloads, RagCitesPassagesUnderTheAnswer) {
  opened_workload workload("rag", quick_options(), endpoints());
  const buffer answer = workload.answer(0);
  const std::string text(as_text(answer));
  EXPECT_NE(text.find("\n[1] "), std::string::npos) << text;
  EXPECT_NE(text.find("\n[3] "), std::string::npos) << text;
  EXPECT_EQ(text.find('<'), std::string::npos) << text;
}

TEST_F(ServedWorkloads, RagAnswersTheSameInBothColours) {
  opened_workload workload("rag", quick_options(), endpoints());
  for (std::uint64_t i = 0; i < 8; ++i) {
    const buffer answer = workload.answer(i);
    EXPECT_EQ(answer, workload.answer(i + workload.instance().distinct_items()));
    EXPECT_EQ(answer, workload.async_answer(i));
  }
}

TEST_F(ServedWorkloads, LlmCompleteAnswersTheSameInBothColours) {
  opened_workload workload("llm-complete", quick_options(), endpoints());
  const buffer answer = workload.answer(1);
  EXPECT_FALSE(answer.empty());
  EXPECT_NE(answer, workload.answer(2));
  EXPECT_EQ(answer, workload.async_answer(1));
}

TEST_F(ServedWorkloads, DbQueryAnswersTheSameInBothColours) {
  opened_workload workload("db-query", quick_options(), endpoints());
  EXPECT_EQ(workload.answer(5), workload.async_answer(5));
}

TEST_F(ServedWorkloads, RagFailsWhenItsDocumentsAreElsewhere) {
  endpoint_map wrong = endpoints();
  wrong["documents"] += "/nowhere";
  opened_workload workload("rag", quick_options(), wrong);
  try {
    workload.answer(0);
    ADD_FAILURE() << "answered";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "the document service answered 404");
  }
}

}  // namespace
}  // namespace regatta::test
