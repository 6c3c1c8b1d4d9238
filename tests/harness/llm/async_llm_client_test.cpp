// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <memory>
#include <optional>
#include <string>

#include "harness/llm/async_llm_client_asio.hpp"
#include "tests/harness/llm/hostile_server.hpp"
#include "tests/harness/llm/llm_clients_asio.hpp"

namespace regatta::test {
namespace {

namespace asio = boost::asio;
using asio::awaitable;

void answer_always(raw_connection& connection, int) {
  while (const auto request = connection.request()) {
    connection.send(answer_with(said_in(*request)));
  }
}

void answer_never(raw_connection& connection, int) {
  connection.request();
  connection.request();
}

TEST(AsyncLlmClient, WorksOnAStrandOfSeveralThreads) {
  hostile_server server(answer_always);
  asio::thread_pool pool(4);
  {
    const auto strand = asio::make_strand(pool.get_executor());
    async_llm_client client(strand, options_for(server.url("localhost")));
    std::vector<llm_prompt> prompts;
    for (int i = 0; i < 100; ++i) prompts.emplace_back(std::to_string(i));
    const auto results =
        asio::co_spawn(strand, client.batch_complete(prompts, 20), asio::use_future).get();
    for (std::size_t i = 0; i < results.size(); ++i) {
      EXPECT_EQ(std::get<llm_answer>(results[i]).text, std::to_string(i));
    }
    EXPECT_LE(client.stats().most_connections, 20U);
    pool.join();
  }
}

awaitable<bool> answered_within(async_llm_client& client, std::chrono::milliseconds limit) {
  using namespace asio::experimental::awaitable_operators;
  asio::steady_timer timer(co_await asio::this_coro::executor, limit);
  const auto first = co_await (client.complete("Hi") || timer.async_wait(asio::use_awaitable));
  co_return first.index() == 0;
}

TEST(AsyncLlmClient, GoesWithAsiosOperatorsForAwaitables) {
  hostile_server prompt(answer_always);
  hostile_server silent(answer_never);
  for (hostile_server* server : {&prompt, &silent}) {
    asio::io_context io;
    async_llm_client client(io.get_executor(), options_for(server->url()));
    auto answered = asio::co_spawn(io, answered_within(client, server == &prompt ? 10'000ms : 10ms),
                                   asio::use_future);
    io.run();
    EXPECT_EQ(answered.get(), server == &prompt);
    EXPECT_EQ(client.stats().requests, 0U) << "the loser has ended";
  }
}

awaitable<void> expect_failure(awaitable<llm_answer> answer, llm_failure expected, int& ended) {
  std::optional<llm_failure> failure;
  try {
    co_await std::move(answer);
  } catch (const llm_error& error) {
    failure = error.failure();
  }
  EXPECT_EQ(failure, expected);
  ++ended;
}

TEST(AsyncLlmClient, ItsEndEndsWhatIsUnderWay) {
  hostile_server server(answer_never);
  asio::io_context io;
  auto options = options_for(server.url());
  options.most_connections_per_host = 1;
  auto client = std::make_unique<async_llm_client>(io.get_executor(), options);
  int ended = 0;
  for (int i = 0; i < 3; ++i) {  // one has the connection, two wait for it
    asio::co_spawn(io, expect_failure(client->complete("Hi"), llm_failure::closed, ended),
                   asio::detached);
  }
  auto never_begun = client->complete("late");
  while (server.connections() == 0) io.poll();
  client.reset();
  asio::co_spawn(io, expect_failure(std::move(never_begun), llm_failure::closed, ended),
                 asio::detached);
  io.restart();
  io.run();
  EXPECT_EQ(ended, 4);
}

awaitable<void> read_forever(async_token_stream stream, std::shared_ptr<int> held) {
  for (;;) {
    const std::optional<std::string> token = co_await stream.next();
    if (!token) co_return;
    ++*held;
  }
}

TEST(AsyncLlmClient, AContextMayBeDestroyedWithRequestsInIt) {
  hostile_server server([](raw_connection& connection, int) {
    connection.request();
    connection.send(stream_head + chunk(token_event("a")));
    connection.request();
  });
  const auto tokens = std::make_shared<int>(0);
  std::optional<async_llm_client> client;
  {
    asio::io_context io;
    auto options = options_for(server.url());
    options.most_connections_per_host = 2;
    client.emplace(io.get_executor(), options);
    for (int i = 0; i < 4; ++i) {  // two stream, two wait
      asio::co_spawn(io, read_forever(client->stream("Hi"), tokens), asio::detached);
    }
    asio::co_spawn(io, client->batch_complete({"x", "y"}, 2),
                   [](std::exception_ptr, std::vector<llm_result>) {});
    while (*tokens < 2) io.poll();
    EXPECT_EQ(client->stats().waiting, 4U);
    client.reset();  // before its context, as everything of Asio
  }
  EXPECT_EQ(tokens.use_count(), 1);
}

TEST(AsyncLlmClient, AContextMayBeDestroyedDuringALookup) {
  hostile_server server(answer_always);
  const auto release = std::make_shared<std::promise<void>>();
  {
    asio::io_context io;
    auto options = options_for(server.url("llm.test"));
    const auto entered = std::make_shared<std::promise<void>>();
    options.surroundings.resolver = [release, entered](const std::string&) {
      entered->set_value();
      release->get_future().wait();
      return host_addresses{{"127.0.0.1"}, {}};
    };
    async_llm_client client(io.get_executor(), options);
    asio::co_spawn(io, client.complete("Hi"), [](std::exception_ptr, llm_answer) {});
    io.poll();
    entered->get_future().wait();
  }
  release->set_value();
}

awaitable<std::size_t> close_during(async_llm_client& client, llm_failure& after) {
  auto stream = client.stream("Hi");
  co_await stream.next();
  const std::size_t cancelled = co_await client.close(5ms);
  try {
    co_await stream.next();
  } catch (const llm_error& error) {
    after = error.failure();
  }
  co_return cancelled;
}

TEST(AsyncLlmClient, CloseDoesNotWaitForAStreamThatNobodyReads) {
  hostile_server server([](raw_connection& connection, int) {
    connection.request();
    connection.send(stream_head + chunk(token_event("a")));
    connection.request();
  });
  asio::io_context io;
  async_llm_client client(io.get_executor(), options_for(server.url()));
  llm_failure after{};
  auto cancelled = asio::co_spawn(io, close_during(client, after), asio::use_future);
  io.run();
  EXPECT_EQ(cancelled.get(), 1U);
  EXPECT_EQ(after, llm_failure::closed);
}

}  // namespace
}  // namespace regatta::test
