// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/chat_answer.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

namespace regatta {

// Written with fmt: the text needs no escapes, and a json object per token would be the server's
// dearest operation.

chat_answer::chat_answer(chat_request request, std::uint64_t id, std::int64_t created_unix_seconds)
    : request_(std::move(request)),
      text_(request_.model, request_.messages),
      id_(fmt::format("chatcmpl-{:016x}", id)),
      created_(created_unix_seconds),
      model_json_(nlohmann::json(request_.model).dump()) {
  request_.messages = {};  // long prompts need not live as long as a stream does
}

const char* chat_answer::finish_reason() const { return request_.cut_short ? "length" : "stop"; }

std::string chat_answer::usage() const {
  return fmt::format(R"({{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{}}})",
                     request_.prompt_tokens, request_.tokens,
                     request_.prompt_tokens + request_.tokens);
}

std::string chat_answer::completion() const {
  return fmt::format(
      R"({{"id":"{}","object":"chat.completion","created":{},"model":{},"choices":[{{"index":0,)"
      R"("message":{{"role":"assistant","content":"{}"}},"logprobs":null,"finish_reason":"{}"}}],)"
      R"("usage":{}}})",
      id_, created_, model_json_, text_.first(request_.tokens), finish_reason(), usage());
}

std::string chat_answer::chunk(const std::string& choices, const std::string& usage) const {
  return fmt::format(
      R"(data: {{"id":"{}","object":"chat.completion.chunk","created":{},"model":{},"choices":[{}])"
      "{}}}\n\n",
      id_, created_, model_json_, choices, usage);
}

std::string chat_answer::event(unsigned index) const {
  const char* const role = index == 0 ? R"("role":"assistant",)" : "";
  const std::string no_usage = request_.stream_usage ? R"(,"usage":null)" : "";
  std::string out = chunk(fmt::format(R"({{"index":0,"delta":{{{}"content":"{}"}},)"
                                      R"("finish_reason":null}})",
                                      role, text_.token(index)),
                          no_usage);
  if (index + 1 < request_.tokens) return out;
  out += chunk(fmt::format(R"({{"index":0,"delta":{{}},"finish_reason":"{}"}})", finish_reason()),
               no_usage);
  if (request_.stream_usage) out += chunk("", R"(,"usage":)" + usage());
  return out + "data: [DONE]\n\n";
}

std::string error_body(const api_error& error) {
  const nlohmann::json code = error.code.empty() ? nlohmann::json() : nlohmann::json(error.code);
  return nlohmann::json{
      {"error",
       {{"message", error.message}, {"type", error.type}, {"param", nullptr}, {"code", code}}}}
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace regatta
