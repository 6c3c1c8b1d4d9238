// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "harness/http_message.hpp"

namespace regatta {

/// POST /v1/chat/completions with one user message, as the OpenAI API and its imitators take it.
/// Bytes of `prompt` that are not UTF-8 become U+FFFD.
http_request chat_completion_request(std::string_view model, std::string_view prompt,
                                     unsigned max_tokens);

/// The same, answered as a stream of server-sent events, a token in each.
http_request streamed_chat_completion_request(std::string_view model, std::string_view prompt,
                                              unsigned max_tokens);

/// choices[0].message.content. Throws std::runtime_error: "the LLM answered 429: Rate limit
/// reached".
std::string chat_completion_content(const http_response& response);

/// What an event of a streamed answer adds to it, choices[0].delta.content; "" if nothing. Throws
/// std::runtime_error if it is no event of a chat completion, or the error that ends one.
std::string chat_completion_delta(std::string_view event_data);

}  // namespace regatta
