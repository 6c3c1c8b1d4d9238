// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "harness/llm/llm_answer.hpp"
#include "harness/llm/llm_client_options.hpp"
#include "harness/llm/llm_client_stats.hpp"
#include "harness/llm/llm_prompt.hpp"

namespace regatta {

/// The tokens of one answer, as they come. Nothing is sent before the first next().
/// Destroying it early ends the request. Thread safety: one thread at a time.
class blocking_token_stream {
 public:
  ~blocking_token_stream();
  blocking_token_stream(blocking_token_stream&& other) noexcept;
  blocking_token_stream& operator=(blocking_token_stream&& other) noexcept;

  /// Waits; nullopt: the answer is complete. Throws llm_error; after that there is nothing more.
  std::optional<std::string> next();
  /// Complete when next() has answered nullopt.
  const llm_stream_end& summary() const;

 private:
  friend class blocking_llm_client;
  struct state;
  explicit blocking_token_stream(std::unique_ptr<state> state);
  std::unique_ptr<state> state_;
};

/// A client of OpenAI-compatible LLM services for programs with threads: pooled connections, TLS,
/// retries, limits. async_llm_client is its twin for Boost.Asio.
///
///   blocking_llm_client client({.endpoint = {"https://api.openai.com/v1", key}, .model = "…"});
///   llm_answer answer = client.complete("What is the tide?");
///   auto tokens = client.stream("And the current?");
///   while (auto token = tokens.next()) std::cout << *token;
///
/// All functions throw llm_error for what the service and the network do, and std::invalid_argument
/// for what cannot be sent. A stop_token ends what is under way, from any thread.
/// Thread safety: any thread; destroy it when no call is under way.
class blocking_llm_client {
 public:
  /// Throws std::invalid_argument with a sentence.
  explicit blocking_llm_client(llm_client_options options);
  ~blocking_llm_client();
  blocking_llm_client(const blocking_llm_client&) = delete;
  blocking_llm_client& operator=(const blocking_llm_client&) = delete;

  llm_answer complete(const llm_prompt& prompt, const llm_parameters& parameters = {},
                      const std::stop_token& stop = {});
  blocking_token_stream stream(const llm_prompt& prompt, const llm_parameters& parameters = {},
                               const std::stop_token& stop = {});
  /// Answers in the order of the prompts, each with its own error. At most `concurrency` at once,
  /// each in a thread; and never more than options.most_requests.
  std::vector<llm_result> batch_complete(const std::vector<llm_prompt>& prompts,
                                         std::size_t concurrency,
                                         const llm_parameters& parameters = {},
                                         const std::stop_token& stop = {});

  /// Refuses new requests, waits for those under way, and cancels what is left at the limit.
  /// Answers how many those were.
  std::size_t close(std::chrono::nanoseconds limit);
  llm_client_stats stats() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace regatta
