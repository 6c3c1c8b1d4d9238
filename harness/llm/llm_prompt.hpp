// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace regatta {

struct llm_message {
  std::string role = "user";  ///< "system", "user" or "assistant"
  std::string content{};

  bool operator==(const llm_message&) const = default;
};

/// A conversation so far. A plain text is one message of the user.
struct llm_prompt {
  llm_prompt(std::vector<llm_message> conversation) : messages(std::move(conversation)) {}
  llm_prompt(std::string said) { messages.push_back({"user", std::move(said)}); }
  llm_prompt(const char* said) : llm_prompt(std::string(said)) {}

  std::vector<llm_message> messages;
};

/// A server with the OpenAI API and what it wants to be shown. The key goes to this server only,
/// and into no message of an error.
struct llm_endpoint {
  std::string url{};  ///< "https://api.openai.com/v1"; without a path, /v1 is meant
  std::string key{};  ///< sent as a bearer token; empty: none
};

/// What one request may say that the next one may not. What is absent is not sent: the server's own
/// default then holds.
struct llm_parameters {
  std::string model{};  ///< empty: the client's
  std::optional<unsigned> max_tokens{};
  std::optional<double> temperature{};
  std::optional<double> top_p{};
  std::optional<std::int64_t> seed{};
  std::vector<std::string> stop{};
  /// A JSON object whose members are added to the request: what has no field here.
  std::string more_json{};
  std::optional<std::chrono::nanoseconds> total_timeout{};  ///< instead of the client's
  std::optional<llm_endpoint> endpoint{};                   ///< instead of the client's
};

}  // namespace regatta
