// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/chat_request.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

namespace regatta {
namespace {

using json = nlohmann::json;

constexpr unsigned most_tokens = 32768;
constexpr int deepest_nesting = 64;         // nlohmann::json writes recursively
constexpr unsigned tokens_per_message = 3;  // role and separators, as OpenAI counts them
constexpr std::size_t bytes_per_token = 4;  // OpenAI's rule of thumb for English

bool is_too_deep(std::string_view body) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t at = 0; at < body.size(); ++at) {
    const char c = body[at];
    if (c == '"') quoted = !quoted;
    if (quoted && c == '\\') ++at;
    if (quoted) continue;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (depth > deepest_nesting) return true;
  }
  return false;
}

/// Text of a message: a string, or the "text" of each part of a list.
std::size_t content_bytes(const json& content) {
  if (content.is_string()) return content.get_ref<const std::string&>().size();
  std::size_t bytes = 0;
  if (content.is_array()) {
    for (const json& part : content) {
      if (!part.is_object()) continue;
      const auto text = part.find("text");
      if (text != part.end() && text->is_string()) {
        bytes += text->get_ref<const std::string&>().size();
      }
    }
  }
  return bytes;
}

/// Null counts as absent: several client libraries send it.
const json* member(const json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::optional<std::string> read_messages(const json& request, chat_request& out) {
  const json* const messages = member(request, "messages");
  if (messages == nullptr) return "'messages' is missing";
  if (!messages->is_array() || messages->empty()) return "'messages' must be a list, not empty";
  for (const json& message : *messages) {
    const json* const role = message.is_object() ? member(message, "role") : nullptr;
    if (role == nullptr || !role->is_string()) return "each message must have a 'role'";
    out.prompt_tokens += tokens_per_message;
    if (const json* const content = member(message, "content")) {
      out.prompt_tokens +=
          static_cast<unsigned>((content_bytes(*content) + bytes_per_token - 1) / bytes_per_token);
    }
  }
  out.messages = messages->dump();
  return std::nullopt;
}

std::optional<std::string> read_length(const json& request, chat_request& out) {
  for (const char* const name : {"max_completion_tokens", "max_tokens"}) {
    const json* const limit = member(request, name);
    if (limit == nullptr) continue;
    if (!limit->is_number_integer() || *limit < 1 || *limit > most_tokens) {
      return fmt::format("'{}' must be a whole number from 1 to {}", name, most_tokens);
    }
    out.tokens = limit->get<unsigned>();
    out.cut_short = true;
    return std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::string> read_flag(const json& object, const char* name, bool& out) {
  const json* const flag = member(object, name);
  if (flag == nullptr) return std::nullopt;
  if (!flag->is_boolean()) return fmt::format("'{}' must be true or false", name);
  out = flag->get<bool>();
  return std::nullopt;
}

/// What is wrong with the request, if something is.
std::optional<std::string> read_request(const json& request, chat_request& out) {
  if (!request.is_object()) return "the body must be a JSON object";
  const json* const model = member(request, "model");
  if (model == nullptr || !model->is_string()) return "'model' must be given, as a string";
  out.model = model->get<std::string>();
  if (auto wrong = read_messages(request, out)) return wrong;
  if (auto wrong = read_length(request, out)) return wrong;
  if (auto wrong = read_flag(request, "stream", out.stream)) return wrong;
  const json* const choices = member(request, "n");
  if (choices != nullptr && *choices != 1)
    return "this mock server gives one choice: 'n' must be 1";
  const json* const options = member(request, "stream_options");
  if (options == nullptr) return std::nullopt;
  if (!options->is_object()) return "'stream_options' must be an object";
  return read_flag(*options, "include_usage", out.stream_usage);
}

}  // namespace

std::variant<chat_request, api_error> parse_chat_request(std::string_view body,
                                                         unsigned default_tokens) {
  if (is_too_deep(body)) {
    return api_error{.message = fmt::format("the body nests deeper than {}", deepest_nesting)};
  }
  const json request = json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (request.is_discarded()) {
    return api_error{.message = "the body of the request is not valid JSON",
                     .code = "invalid_json"};
  }
  chat_request parsed;
  parsed.tokens = default_tokens;
  if (auto wrong = read_request(request, parsed)) return api_error{.message = *std::move(wrong)};
  return parsed;
}

}  // namespace regatta
