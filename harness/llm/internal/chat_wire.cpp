// SPDX-License-Identifier: Apache-2.0
#include "harness/llm/internal/chat_wire.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "harness/llm/internal/llm_fault.hpp"

namespace regatta::internal {
namespace {

using json = nlohmann::json;

constexpr std::size_t most_refusal_text = 300;

std::string request_body(const std::string& model, const llm_prompt& prompt,
                         const llm_parameters& parameters, bool stream) {
  json body = json::object();
  if (!parameters.more_json.empty()) {
    body = json::parse(parameters.more_json, nullptr, /*allow_exceptions=*/false);
    if (!body.is_object()) {
      throw std::invalid_argument("more_json of an LLM request must be a JSON object");
    }
  }
  if (!model.empty()) body["model"] = model;
  json messages = json::array();
  for (const llm_message& message : prompt.messages) {
    json entry;
    entry["role"] = message.role;
    entry["content"] = message.content;
    messages.push_back(std::move(entry));
  }
  body["messages"] = std::move(messages);
  if (parameters.max_tokens) body["max_tokens"] = *parameters.max_tokens;
  if (parameters.temperature) body["temperature"] = *parameters.temperature;
  if (parameters.top_p) body["top_p"] = *parameters.top_p;
  if (parameters.seed) body["seed"] = *parameters.seed;
  if (!parameters.stop.empty()) body["stop"] = parameters.stop;
  if (stream) {
    body["stream"] = true;
    body["stream_options"] = {{"include_usage", true}};
  }
  // Bytes that are not UTF-8 become U+FFFD.
  return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string text_member(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<llm_usage> usage_of(const json& document) {
  const auto found = document.find("usage");
  if (found == document.end() || !found->is_object()) return std::nullopt;
  const auto count = [&](const char* name) -> std::uint64_t {
    const auto member = found->find(name);
    return member != found->end() && member->is_number_unsigned() ? member->get<std::uint64_t>()
                                                                  : 0;
  };
  return llm_usage{count("prompt_tokens"), count("completion_tokens")};
}

// choices[0], or nullptr.
const json* first_choice(const json& document) {
  const auto choices = document.find("choices");
  if (choices == document.end() || !choices->is_array() || choices->empty()) return nullptr;
  return choices->front().is_object() ? &choices->front() : nullptr;
}

std::string error_message(const json& document) {
  const auto error = document.find("error");
  if (error == document.end()) return {};
  if (error->is_string()) return error->get<std::string>();
  return error->is_object() ? text_member(*error, "message") : std::string();
}

std::string in_one_line(std::string_view text) {
  std::string line;
  for (const char c : text.substr(0, most_refusal_text)) {
    const auto byte = static_cast<unsigned char>(c);
    line += byte < 0x20 || byte == 0x7f ? ' ' : c;
  }
  // Not in the middle of a UTF-8 sequence.
  if (text.size() > most_refusal_text) {
    while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xC0U) == 0x80U) {
      line.pop_back();
    }
    if (!line.empty() && static_cast<unsigned char>(line.back()) >= 0xC0U) line.pop_back();
    line += "…";
  }
  return line;
}

}  // namespace

wire_request make_wire_request(const llm_client_options& options, const llm_prompt& prompt,
                               const llm_parameters& parameters, bool stream) {
  const llm_endpoint& endpoint = parameters.endpoint ? *parameters.endpoint : options.endpoint;
  check(endpoint);
  if (prompt.messages.empty()) {
    throw std::invalid_argument("an LLM request needs at least one message");
  }
  wire_request wire;
  wire.origin = parse_origin(endpoint.url);
  if (wire.origin.base_path.empty()) wire.origin.base_path = "/v1";
  const bool ipv6 = wire.origin.host.find(':') != std::string::npos;
  const std::string host = ipv6 ? "[" + wire.origin.host + "]" : wire.origin.host;
  wire.place =
      fmt::format("{}://{}:{}", wire.origin.tls ? "https" : "http", host, wire.origin.port);
  wire.url = wire.place + wire.origin.base_path + "/chat/completions";
  wire.key = endpoint.key;
  wire.stream = stream;
  const std::string body = request_body(parameters.model.empty() ? options.model : parameters.model,
                                        prompt, parameters, stream);
  wire.bytes = fmt::format(
      "POST {}/chat/completions HTTP/1.1\r\nHost: {}:{}\r\nUser-Agent: regatta\r\nAccept: {}\r\n"
      "{}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
      wire.origin.base_path, host, wire.origin.port,
      stream ? "text/event-stream" : "application/json",
      wire.key.empty() ? "" : "Authorization: Bearer " + wire.key + "\r\n", body.size(), body);
  return wire;
}

llm_answer read_completion(std::string_view body) {
  const json document = json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) {
    throw llm_fault(llm_failure::malformed, "the answer is not JSON: " + refusal_text(body));
  }
  const json* const choice = first_choice(document);
  const auto message = choice != nullptr ? choice->find("message") : json::const_iterator();
  if (choice == nullptr || message == choice->end() || !message->is_object()) {
    throw llm_fault(llm_failure::malformed,
                    "the answer is no chat completion: " + refusal_text(body));
  }
  llm_answer answer;
  answer.text = text_member(*message, "content");  // null, where the model calls a tool
  answer.model = text_member(document, "model");
  answer.finish_reason = text_member(*choice, "finish_reason");
  answer.usage = usage_of(document);
  return answer;
}

stream_piece read_stream_piece(std::string_view data) {
  const json document = json::parse(data, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) {
    throw llm_fault(llm_failure::malformed,
                    "an event of the stream is not JSON: " + refusal_text(data));
  }
  if (document.contains("error") && !document["error"].is_null()) {
    throw llm_fault(llm_failure::status,
                    "the server ended the stream with an error: " + refusal_text(data));
  }
  stream_piece piece;
  piece.model = text_member(document, "model");
  piece.usage = usage_of(document);
  if (const json* const choice = first_choice(document)) {
    piece.finish_reason = text_member(*choice, "finish_reason");
    const auto delta = choice->find("delta");
    if (delta != choice->end() && delta->is_object()) piece.text = text_member(*delta, "content");
  }
  return piece;
}

std::string refusal_text(std::string_view body) {
  const json document = json::parse(body, nullptr, /*allow_exceptions=*/false);
  const std::string message = document.is_object() ? error_message(document) : std::string();
  return in_one_line(message.empty() ? body : std::string_view(message));
}

std::string without_key(std::string text, const std::string& key) {
  if (key.empty()) return text;
  for (std::size_t at = 0; (at = text.find(key, at)) != std::string::npos; at += 3) {
    text.replace(at, key.size(), "***");
  }
  return text;
}

}  // namespace regatta::internal
