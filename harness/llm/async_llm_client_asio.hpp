// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/llm/async_generator_asio.hpp"
#include "harness/llm/llm_answer.hpp"
#include "harness/llm/llm_client_options.hpp"
#include "harness/llm/llm_client_stats.hpp"
#include "harness/llm/llm_prompt.hpp"

namespace regatta {

/// The tokens of one answer, as they come. Nothing is sent before the first next().
/// Destroying it early ends the request. Thread safety: the client's executor.
class async_token_stream {
 public:
  /// nullopt: the answer is complete. Throws llm_error; after that there is nothing more.
  boost::asio::awaitable<std::optional<std::string>> next() { return tokens_.next(); }
  /// Complete when next() has answered nullopt.
  const llm_stream_end& summary() const { return *summary_; }

 private:
  friend class async_llm_client;
  async_token_stream(async_generator<std::string> tokens,
                     std::shared_ptr<const llm_stream_end> summary)
      : tokens_(std::move(tokens)), summary_(std::move(summary)) {}

  async_generator<std::string> tokens_;
  std::shared_ptr<const llm_stream_end> summary_;
};

/// A client of OpenAI-compatible LLM services for programs on Boost.Asio: pooled connections, TLS,
/// retries, limits. Needs nothing else of regatta; blocking_llm_client is its twin for threads.
///
///   async_llm_client client(io.get_executor(),
///                           {.endpoint = {"https://api.openai.com/v1", key}, .model = "…"});
///   …in a coroutine:
///   llm_answer answer = co_await client.complete("What is the tide?");
///   auto tokens = client.stream("And the current?");
///   for (auto token = co_await tokens.next(); token; token = co_await tokens.next()) use(*token);
///
/// All functions throw llm_error for what the service and the network do, and std::invalid_argument
/// for what cannot be sent. Asio's cancellation ends what is under way: llm_failure::cancelled.
/// What is awaited may outlive the client, which ends it. With g++ 12 name the parameters before
/// co_await: it frees a braced temporary in there, {.max_tokens = 5}, twice.
/// Thread safety: one thread at a time. Await in coroutines on the executor given here; if several
/// threads run its context, give a strand.
class async_llm_client {
 public:
  /// Throws std::invalid_argument with a sentence.
  async_llm_client(boost::asio::any_io_executor executor, llm_client_options options);
  ~async_llm_client();
  async_llm_client(const async_llm_client&) = delete;
  async_llm_client& operator=(const async_llm_client&) = delete;

  boost::asio::awaitable<llm_answer> complete(const llm_prompt& prompt,
                                              const llm_parameters& parameters = llm_parameters());
  async_token_stream stream(const llm_prompt& prompt,
                            const llm_parameters& parameters = llm_parameters());
  /// Answers in the order of the prompts, each with its own error. At most `concurrency` at once,
  /// and never more than options.most_requests.
  boost::asio::awaitable<std::vector<llm_result>> batch_complete(
      const std::vector<llm_prompt>& prompts, std::size_t concurrency,
      const llm_parameters& parameters = llm_parameters());

  /// Refuses new requests, waits for those under way, and cancels what is left at the limit.
  /// Answers how many those were.
  boost::asio::awaitable<std::size_t> close(std::chrono::nanoseconds limit);
  llm_client_stats stats() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace regatta
