// SPDX-License-Identifier: Apache-2.0
#include "workloads/io/chat_completion.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <utility>

namespace regatta {
namespace {

using json = nlohmann::json;
using pointer = json::json_pointer;

// The string at `path`, or nothing where the document has another shape.
std::optional<std::string> text_at(const json& document, const char* path) {
  const pointer where(path);
  if (!document.contains(where) || !document[where].is_string()) return std::nullopt;
  return document[where].get<std::string>();
}

json body_of(std::string_view model, std::string_view prompt, unsigned max_tokens) {
  json message;
  message["role"] = "user";
  message["content"] = prompt;
  json body;
  body["model"] = model;
  body["messages"].push_back(std::move(message));
  body["max_tokens"] = max_tokens;
  return body;
}

http_request post(const json& body) {
  http_request request;
  request.method = "POST";
  request.target = "/v1/chat/completions";
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  return request;
}

}  // namespace

http_request chat_completion_request(std::string_view model, std::string_view prompt,
                                     unsigned max_tokens) {
  return post(body_of(model, prompt, max_tokens));
}

http_request streamed_chat_completion_request(std::string_view model, std::string_view prompt,
                                              unsigned max_tokens) {
  json body = body_of(model, prompt, max_tokens);
  body["stream"] = true;
  return post(body);
}

std::string chat_completion_content(const http_response& response) {
  const json body = json::parse(response.body, nullptr, /*allow_exceptions=*/false);
  const std::string answered = "the LLM answered " + std::to_string(response.status);
  if (response.status != 200) {
    const auto message = text_at(body, "/error/message");
    throw std::runtime_error(message ? answered + ": " + *message : answered);
  }
  auto content = text_at(body, "/choices/0/message/content");
  if (!content) throw std::runtime_error(answered + " but not with a chat completion");
  return *std::move(content);
}

std::string chat_completion_delta(std::string_view event_data) {
  const json event = json::parse(event_data, nullptr, /*allow_exceptions=*/false);
  if (const auto message = text_at(event, "/error/message")) {
    throw std::runtime_error("the LLM ended its stream with an error: " + *message);
  }
  if (!event.is_object() || !event.contains("choices")) {
    throw std::runtime_error("the LLM streamed what is no part of a chat completion");
  }
  return text_at(event, "/choices/0/delta/content").value_or("");
}

}  // namespace regatta
