// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <stdexcept>
#include <string>

#include "harness/contexts/measure_book.hpp"
#include "tests/harness/contexts/colours.hpp"
#include "tests/harness/http/scripted_server.hpp"
#include "tests/workloads/mock_llm_client.hpp"
#include "tests/workloads/opened_workload.hpp"
#include "workloads/mixed/retrieval_text.hpp"
#include "workloads/mixed/text_embedding.hpp"
#include "workloads/servers/mock_document.hpp"

namespace regatta::test {
namespace {

using parameters = std::map<std::string, double>;

workload_options with(parameters chosen) {
  workload_options options = quick_options();
  options.parameters = std::move(chosen);
  return options;
}

template <class Colour>
class EmbeddingPipeline : public testing::Test {
 protected:
  buffer answer(const std::string& documents, const parameters& chosen, std::uint64_t index = 0) {
    const opened_workload workload("embedding-pipeline", with(chosen));
    run_environment where;
    where.dataset = workload.dataset();
    where.endpoints = {{"documents", documents}};
    where.measures = book_.get();
    Colour colour(where);
    using context = typename Colour::context;
    using task = typename context::template task<void>;
    buffer got;
    colour.run([&](context& ctx) -> task {
      const item it{index, workload.input(index)};
      got = co_await workload.instance().run(ctx, it);
    });
    return got;
  }

  std::uint64_t times_full() const {
    std::map<std::string, duration_histogram> totals;
    book_->add_to(totals);
    return totals["queue full"].count();
  }

  std::unique_ptr<measure_book> book_ = std::make_unique<measure_book>();
};
TYPED_TEST_SUITE(EmbeddingPipeline, both_colours, colour_names);

std::string url_of(const running_server& running) {
  return "http://127.0.0.1:" + std::to_string(running.server.port());
}

// Whoever takes what, and however it is batched, the answer is the same; and it is the right one.
TYPED_TEST(EmbeddingPipeline, EmbedsEachDocumentHoweverTheWorkIsSplit) {
  const running_server running;
  const parameters usual{{"documents", 5}};
  const buffer expected = this->answer(url_of(running), usual, 3);
  for (const parameters& other :
       {parameters{{"documents", 5}, {"producers", 1}, {"consumers", 1}},
        parameters{{"documents", 5}, {"producers", 9}, {"consumers", 5}, {"batch", 1}},
        parameters{{"documents", 5}, {"queue", 1}, {"batch", 7}},
        parameters{{"documents", 5}, {"queue", 10000}, {"batch", 4096}}}) {
    EXPECT_EQ(this->answer(url_of(running), other, 3), expected);
  }

  const opened_workload workload("embedding-pipeline", with(usual));
  const auto documents = view_as<std::uint64_t>(workload.input(3));
  const auto means = view_as<text_embedding>(expected);
  ASSERT_EQ(means.size(), documents.size());
  const auto weights = random_weights(counter_random(1, 64));
  for (std::size_t i = 0; i < documents.size(); ++i) {
    const std::string text = strip_markup(mock_document(documents[i]));
    const auto passages = overlapping_passages(text, 40, 20);
    float first = 0;
    for (const auto passage : passages) first += embed_text(weights, passage)[0];
    EXPECT_FLOAT_EQ(means[i][0], first / static_cast<float>(passages.size()));
  }
}

TYPED_TEST(EmbeddingPipeline, MeasuresTheSendsThatFoundTheQueueFull) {
  const running_server running;
  this->answer(url_of(running), {{"queue", 100000}});
  EXPECT_EQ(this->times_full(), 0U);
  this->answer(url_of(running), {{"queue", 1}, {"consumers", 1}, {"producers", 4}});
  EXPECT_GT(this->times_full(), 10U);
}

// Of whoever fails, the others must hear: else they wait for each other for ever.
TYPED_TEST(EmbeddingPipeline, ADocumentThatCannotBeHadFailsTheItem) {
  const running_server running;
  const std::string nowhere = url_of(running) + "/nowhere";
  for (const parameters& chosen :
       {parameters{{"queue", 1}}, parameters{{"documents", 1}, {"producers", 4}}}) {
    try {
      this->answer(nowhere, chosen);
      ADD_FAILURE() << "answered";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "the document service answered 404");
    }
  }
}

TYPED_TEST(EmbeddingPipeline, AProducerThatFailsLateEndsThoseThatWait) {
  scripted_server broken([](raw_connection& connection, int) {
    connection.request();
    connection.send(ok_with(mock_document(1)));
    connection.request();
    connection.send("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n");
  });
  EXPECT_THROW(this->answer(broken.url(), {{"documents", 4}, {"producers", 1}, {"queue", 1}}),
               std::runtime_error);
}

TEST(TextEmbedding, HasLengthOneAndDependsOnTheText) {
  const auto weights = random_weights(counter_random(1));
  const text_embedding one = embed_text(weights, "the quick brown fox");
  float squares = 0;
  for (const float each : one) squares += each * each;
  EXPECT_NEAR(squares, 1, 1e-5);
  EXPECT_EQ(one, embed_text(weights, "the quick brown fox"));
  EXPECT_NE(one, embed_text(weights, "the quick brown dog"));
  EXPECT_EQ(embed_text(weights, "ab"), text_embedding{}) << "no trigram";
}

}  // namespace
}  // namespace regatta::test
