// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "harness/contexts/measure_book.hpp"
#include "tests/harness/contexts/colours.hpp"
#include "tests/harness/http/scripted_server.hpp"
#include "tests/workloads/mock_llm_client.hpp"
#include "tests/workloads/opened_workload.hpp"
#include "workloads/servers/completion_text.hpp"

namespace regatta::test {
namespace {

using ::testing::HasSubstr;

std::string url_of(std::uint16_t port) { return "http://127.0.0.1:" + std::to_string(port); }

// llm-stream in either colour, with a book for what it measures.
template <class Colour>
class LlmStream : public testing::Test {
 protected:
  buffer answer_from(const std::string& url, std::uint64_t index = 0) {
    run_environment where;
    where.dataset = workload_.dataset();
    where.endpoints = {{"llm", url}};
    where.measures = book_.get();
    Colour colour(where);
    buffer answer;
    using context = typename Colour::context;
    using task = typename context::template task<void>;
    colour.run([&](context& ctx) -> task {
      const item it{index, workload_.input(index)};
      answer = co_await workload_.instance().run(ctx, it);
    });
    return answer;
  }

  std::string failure_from(const std::string& url) {
    try {
      return "answered: " + std::string(as_text(answer_from(url)));
    } catch (const std::exception& error) {
      return error.what();
    }
  }

  std::map<std::string, duration_histogram> measured() const {
    std::map<std::string, duration_histogram> totals;
    book_->add_to(totals);
    return totals;
  }

  std::unique_ptr<measure_book> book_ = std::make_unique<measure_book>();
  opened_workload workload_{"llm-stream", quick_options()};
};
TYPED_TEST_SUITE(LlmStream, both_colours, colour_names);

TYPED_TEST(LlmStream, JoinsTheTokensOfTheAnswer) {
  const running_server running;
  const auto prompt = as_text(this->workload_.input(3));
  const auto messages = nlohmann::json{{{"role", "user"}, {"content", prompt}}}.dump();
  EXPECT_EQ(as_text(this->answer_from(url_of(running.server.port()), 3)),
            completion_text("regatta-mock", messages).first(32));
}

TYPED_TEST(LlmStream, MeasuresTheFirstTokenAndTheGaps) {
  const running_server running;
  this->answer_from(url_of(running.server.port()));
  const auto found = this->measured();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found.at("time to first token").count(), 1U);
  EXPECT_EQ(found.at("gap between tokens").count(), 31U);
}

TYPED_TEST(LlmStream, AStreamThatBreaksOffIsNoAnswer) {
  scripted_server server([](raw_connection& connection, int) {
    connection.request();
    connection.send(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
        "data: {\"choices\":[{\"delta\":{\"content\":\"half\"}}]}\n\n");
  });
  EXPECT_EQ(this->failure_from(server.url()), "the LLM's stream ended before its [DONE]");
}

TYPED_TEST(LlmStream, AnErrorOfTheServerIsOneOfTheItem) {
  scripted_server refusing([](raw_connection& connection, int) {
    connection.request();
    connection.send(
        "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 33\r\n\r\n"
        "{\"error\":{\"message\":\"slow down\"}}");
  });
  EXPECT_EQ(this->failure_from(refusing.url()), "the LLM answered 429: slow down");
  scripted_server failing([](raw_connection& connection, int) {
    connection.request();
    connection.send(
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
        "data: {\"error\":{\"message\":\"overloaded\"}}\n\n");
  });
  EXPECT_EQ(this->failure_from(failing.url()),
            "the LLM ended its stream with an error: overloaded");
  scripted_server strange([](raw_connection& connection, int) {
    connection.request();
    connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\ndata: hello\n\n");
  });
  EXPECT_THAT(this->failure_from(strange.url()), HasSubstr("no part of a chat completion"));
}

}  // namespace
}  // namespace regatta::test
